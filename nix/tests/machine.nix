# What the machines of both tests have: a user, the daemon, two projects with keys.
{ ... }:
{
  imports = [ ../nixos.nix ];

  users.users.alice = {
    isNormalUser = true;
    uid = 1000;
    password = "";
  };

  services.i3pm = {
    enable = true;
    # One that differs from the package's unit, so that there is a drop-in to look at.
    memoryMax = "64M";
  };
  programs.i3pm = {
    projects = {
      web.dir = "~/web";
      mail.display_name = "Letters";
    };
    rules = [
      {
        title = "glob:letter*";
        project = "mail";
      }
    ];
    keybindings = {
      "Mod4+F1" = "switch web";
      "Mod4+F2" = "switch mail";
      "Mod4+F10" = "clear";
    };
  };

  environment.etc."i3pm-test.conf".text = ''
    font pango:monospace 8
    include /etc/i3pm/keybindings.conf
  '';

  virtualisation.memorySize = 2048;
}
