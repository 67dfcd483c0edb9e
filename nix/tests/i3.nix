# A whole machine with i3 on X11, and i3pm as a service of its user.
{ pkgs, ... }:
{
  name = "i3pm-i3";

  nodes.machine = {
    imports = [ ./machine.nix ];

    environment.systemPackages = [ pkgs.xterm ];
    services.displayManager = {
      autoLogin = {
        enable = true;
        user = "alice";
      };
      defaultSession = "none+i3";
    };
    services.xserver = {
      enable = true;
      displayManager.lightdm.enable = true;
      windowManager.i3 = {
        enable = true;
        configFile = "/etc/i3pm-test.conf";
      };
    };
  };

  testScript =
    ''
      ASK = "DISPLAY=:0 XAUTHORITY=/home/alice/.Xauthority i3-msg"
      OPEN = "xterm -T {} -e sleep infinity"
    ''
    + builtins.readFile ./steps.py;
}
