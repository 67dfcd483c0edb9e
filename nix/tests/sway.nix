# A whole machine with sway, and i3pm as a service of its user.
{ pkgs, ... }:
{
  name = "i3pm-sway";

  nodes.machine = {
    imports = [ ./machine.nix ];

    environment.systemPackages = [ pkgs.foot ];
    # NixOS has sway's own configuration include what is here; its nixos.conf starts the session's target.
    environment.etc."sway/config.d/i3pm-test.conf".source = "/etc/i3pm-test.conf";
    programs.sway.enable = true;
    services.getty.autologinUser = "alice";
    programs.bash.loginShellInit = ''
      if [ "$(tty)" = /dev/tty1 ]; then
        WLR_RENDERER=pixman exec sway
      fi
    '';

    # The usual card has no driver that sway can use.
    virtualisation.qemu.options = [ "-vga none -device virtio-gpu-pci" ];
  };

  testScript =
    ''
      ASK = "swaymsg --socket $(echo /run/user/1000/sway-ipc.1000.*.sock)"
      OPEN = "foot --title {} sleep infinity"
    ''
    + builtins.readFile ./steps.py;
}
