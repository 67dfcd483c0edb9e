# As much of nixpkgs' lib as this project uses, by the documentation of the module system. It is here because a test must
# run where nixpkgs cannot be fetched; `I3PM_NIXPKGS_LIB=DIR` has the tests take the real one.
let
  inherit (builtins)
    all
    attrNames
    concatMap
    concatStringsSep
    filter
    foldl'
    head
    isAttrs
    isBool
    isFloat
    isFunction
    isInt
    isList
    isPath
    isString
    listToAttrs
    map
    mapAttrs
    match
    removeAttrs
    replaceStrings
    split
    stringLength
    substring
    toJSON
    ;

  id = value: value;
  optional = condition: value: if condition then [ value ] else [ ];
  toList = value: if isList value then value else [ value ];
  nameValuePair = name: value: { inherit name value; };
  mapAttrsToList = function: set: map (name: function name set.${name}) (attrNames set);
  mapAttrs' = function: set: listToAttrs (mapAttrsToList function set);
  genAttrs = names: function: listToAttrs (map (name: nameValuePair name (function name)) names);
  filterAttrs = keep: set: removeAttrs set (filter (name: !keep name set.${name}) (attrNames set));
  hasPrefix = prefix: text: substring 0 (stringLength prefix) text == prefix;
  hasSuffix = suffix: text: text == removeSuffix suffix text + suffix;
  removeSuffix =
    suffix: text:
    let
      length = stringLength text - stringLength suffix;
    in
    if length >= 0 && substring length (-1) text == suffix then substring 0 length text else text;
  splitString =
    separator: text:
    filter isString (split (replaceStrings [ "." "\\" ] [ "\\." "\\\\" ] separator) text);
  shown = concatStringsSep ".";
  kindOf = value: value._type or null;

  # What may be said about a value.
  mkIf = condition: content: {
    _type = "if";
    inherit condition content;
  };
  mkMerge = contents: {
    _type = "merge";
    inherit contents;
  };
  mkOverride = priority: content: {
    _type = "override";
    inherit priority content;
  };
  usualPriority = 100;

  # A set of which something is said: the sets of which nothing is, their values saying it. No condition is looked at, for
  # it may depend on another value of the same set.
  pushed =
    value:
    if kindOf value == "if" then
      map (mapAttrs (_: mkIf value.condition)) (pushed value.content)
    else if kindOf value == "merge" then
      concatMap pushed value.contents
    else if kindOf value == "override" then
      map (mapAttrs (_: mkOverride value.priority)) (pushed value.content)
    else
      [ value ];

  # A value of which something is said: the values that hold, with their priorities.
  discharged =
    value:
    if kindOf value == "if" then
      if value.condition then discharged value.content else [ ]
    else if kindOf value == "merge" then
      concatMap discharged value.contents
    else if kindOf value == "override" then
      map (definition: definition // { inherit (value) priority; }) (discharged value.content)
    else
      [
        {
          priority = usualPriority;
          inherit value;
        }
      ];

  # The definitions that win.
  winners =
    values:
    let
      definitions = concatMap discharged values;
      lowest = foldl' (least: next: if next.priority < least then next.priority else least) 9999 definitions;
    in
    map (definition: definition.value) (filter (definition: definition.priority == lowest) definitions);

  merged =
    type: place: values:
    let
      wrong = filter (value: !type.check value) values;
    in
    if wrong == [ ] then
      type.merge place values
    else
      throw "the option `${shown place}' is not of the type ${type.description}: ${toJSON (head wrong)}";

  same =
    place: values:
    if all (value: value == head values) values then
      head values
    else
      throw "the option `${shown place}' has several values: ${toJSON values}";

  scalar = description: check: {
    inherit description check;
    merge = same;
  };

  types = rec {
    bool = scalar "boolean" isBool;
    int = scalar "signed integer" isInt;
    str = scalar "string" isString;
    raw = scalar "raw value" (_: true) // {
      merge = _: head;
    };
    package = scalar "package" (value: value.type or null == "derivation");
    lines = scalar "strings concatenated with \"\\n\"" isString // {
      merge = _: concatStringsSep "\n";
    };
    strMatching =
      pattern:
      scalar "string matching the pattern ${pattern}" (value: isString value && match pattern value != null);
    nullOr = type: {
      description = "null or ${type.description}";
      check = value: value == null || type.check value;
      merge = place: values: if all (value: value == null) values then null else type.merge place values;
    };
    either = one: other: {
      description = "${one.description} or ${other.description}";
      check = value: one.check value || other.check value;
      merge = same;
    };
    listOf = type: {
      description = "list of ${type.description}";
      check = isList;
      merge =
        place: values: map (value: merged type place [ value ]) (concatMap (concatMap (value: winners [ value ])) values);
    };
    attrsOf = type: {
      description = "attribute set of ${type.description}";
      check = isAttrs;
      merge =
        place: values:
        let
          sets = concatMap pushed values;
          ofName = name: winners (map (set: set.${name}) (filter (set: set ? ${name}) sets));
          names = filter (name: ofName name != [ ]) (concatMap attrNames sets);
        in
        genAttrs names (name: merged type (place ++ [ name ]) (ofName name));
    };
    submodule = module: {
      # Ours all take more than they name.
      description = "(open submodule of (TOML value))";
      check = isAttrs;
      merge =
        place: values:
        (evalModules {
          modules = [ module ] ++ map (value: { config = value; }) values;
          inherit place;
        }).config;
    };
    tomlValue = {
      description = "TOML value";
      check = value: isAttrs value || isList value || isString value || isBool value || isInt value || isFloat value;
      merge =
        place: values:
        if all isAttrs values then
          (attrsOf tomlValue).merge place values
        else if all isList values then
          (listOf tomlValue).merge place values
        else
          same place values;
    };
  };

  evalModules =
    {
      modules,
      specialArgs ? { },
      place ? [ ],
    }:
    let
      arguments = specialArgs // {
        inherit lib;
        inherit (result) config options;
      };
      load =
        given:
        let
          read = if isPath given then import given else given;
          module = if isFunction read then read arguments else read;
          isPlain = !(module ? config || module ? options || module ? freeformType);
        in
        concatMap load (module.imports or [ ])
        ++ [
          {
            options = module.options or { };
            config = if isPlain then removeAttrs module [ "imports" ] else module.config or { };
            freeformType = module.freeformType or null;
          }
        ];
      loaded = concatMap load modules;
      freeform = filter (type: type != null) (map (module: module.freeformType) loaded);

      joined =
        at: one: other:
        one
        // mapAttrs (
          name: option:
          if !(one ? ${name}) then
            option
          else if kindOf option == "option" || kindOf one.${name} == "option" then
            throw "the option `${shown (at ++ [ name ])}' is declared twice"
          else
            joined (at ++ [ name ]) one.${name} option
        ) other;
      options = foldl' (joined place) { } (map (module: module.options) loaded);

      ofOption =
        at: option: values:
        let
          defined = winners values;
        in
        if option.readOnly or false && builtins.length defined > 1 then
          throw "the option `${shown at}' is read-only, and set more than once"
        else if defined != [ ] then
          merged option.type at defined
        else if option ? default then
          merged option.type at [ option.default ]
        else
          throw "the option `${shown at}' is used and has no value";

      ofTree =
        at: options: values: free:
        let
          sets = concatMap pushed values;
          ofName = name: map (set: set.${name}) (filter (set: set ? ${name}) sets);
          unknown = filter (name: !(options ? ${name})) (concatMap attrNames sets);
          rest = map (set: removeAttrs set (attrNames options)) sets;
        in
        mapAttrs (
          name: option:
          if kindOf option == "option" then
            ofOption (at ++ [ name ]) option (ofName name)
          else
            ofTree (at ++ [ name ]) option (ofName name) [ ]
        ) options
        // (
          if free != [ ] then
            merged (head free) at rest
          else if unknown == [ ] then
            { }
          else
            throw "there is no option `${shown (at ++ [ (head unknown) ])}'"
        );

      result = {
        inherit options;
        config = ofTree place options (map (module: module.config) loaded) freeform;
      };
    in
    result;

  lib = {
    inherit
      attrNames
      concatMap
      concatStringsSep
      evalModules
      filter
      filterAttrs
      foldl'
      genAttrs
      hasPrefix
      hasSuffix
      id
      isList
      listToAttrs
      mapAttrs
      mapAttrs'
      mapAttrsToList
      mkIf
      mkMerge
      nameValuePair
      optional
      removeSuffix
      replaceStrings
      splitString
      toList
      types
      ;
    concatStrings = concatStringsSep "";
    optionalString = condition: text: if condition then text else "";
    optionalAttrs = condition: set: if condition then set else { };
    mkDefault = mkOverride 1000;
    mkOption = option: option // { _type = "option"; };
    literalExpression = text: {
      _type = "literalExpression";
      inherit text;
    };
    importTOML = path: builtins.fromTOML (builtins.readFile path);
    # Which files there are is looked up; nothing is copied.
    fileset = {
      unions =
        paths:
        map (path: if builtins.pathExists path then path else throw "there is no ${toString path}") (
          filter (path: path != null) paths
        );
      toSource = source: map (path: builtins.baseNameOf path) source.fileset;
    };
    licenses = genAttrs [ "asl20" "mit" ] id;
    platforms.linux = [
      "aarch64-linux"
      "x86_64-linux"
    ];
  };
in
lib
