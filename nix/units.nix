# The units of systemd/ as attribute sets, so that what is written there is the one definition of the service:
# { "i3pm.service" = { Unit = { … }; Service = { … }; Install = { … }; }; … }
#
# A setting that stands more than once is a list. Commands name our programs in the store path of `package`.
{ lib, package }:
let
  directory = ../systemd;

  # "-@bindir@/i3pm rescue" -> "-${package}/bin/i3pm rescue". systemd's prefixes stay before the path; a command of
  # someone else's is taken as it is.
  command =
    value:
    let
      parts = builtins.match "([-+:!|]*)([^ ]*/)?(i3pmd?)( .*)?" value;
      arguments = builtins.elemAt parts 3;
    in
    if parts == null then
      value
    else
      "${builtins.elemAt parts 0}${package}/bin/${builtins.elemAt parts 2}${lib.optionalString (arguments != null) arguments}";

  add =
    file: state: line:
    let
      section = builtins.match "\\[([A-Za-z]+)]" line;
      setting = builtins.match "([A-Za-z-]+)=(.*)" line;
      key = builtins.elemAt setting 0;
      value = (if lib.hasPrefix "Exec" key then command else lib.id) (builtins.elemAt setting 1);
      before = state.unit.${state.section}.${key} or null;
      after = if before == null then value else lib.toList before ++ [ value ];
    in
    if line == "" || lib.hasPrefix "#" line || lib.hasPrefix ";" line then
      state
    else if section != null then
      state // { section = builtins.elemAt section 0; }
    else if setting != null then
      state
      // {
        unit = state.unit // {
          ${state.section} = state.unit.${state.section} or { } // {
            ${key} = after;
          };
        };
      }
    else
      throw "${file}: this line is neither a section nor a setting: ${line}";

  read =
    file:
    let
      # systemd.syntax(7): a backslash at the end of a line goes on with the next.
      text = lib.replaceStrings [ "\\\n" ] [ " " ] (builtins.readFile (directory + "/${file}"));
      start = {
        section = "";
        unit = { };
      };
    in
    (lib.foldl' (add file) start (lib.splitString "\n" text)).unit;

  isUnit = file: lib.hasSuffix ".service" file || lib.hasSuffix ".socket" file;
in
lib.genAttrs (lib.filter isUnit (lib.attrNames (builtins.readDir directory))) read
