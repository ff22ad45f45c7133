# The command line's words about options, rules and masters.
socle-cli-option = Options: what holds at a unit or on a machine, and what somebody decides
socle-cli-option-list = List the options of a unit or of a machine
    .unit = At this unit (identifier); by default at the centre
    .machine = Of this machine: identifier, name or six digits
    .master = As this master declares them (digest)
socle-cli-option-set = Decide about an option
    .option = The option's name
    .unit = At this unit (identifier); by default at the centre
    .machine = For this machine alone: identifier, name or six digits
    .value = The value (JSON, else a text)
    .secret = The value is a secret: it is read from standard input
    .leave = What is left to those below: free, fixed, asked, or JSON such as {"{"}"one-of":["a","b"]{"}"}
socle-cli-option-clear = Take back what was decided about an option
    .option = The option's name
    .unit = At this unit (identifier); by default at the centre
    .machine = For this machine alone: identifier, name or six digits
socle-cli-explain = Explain the options of a machine: who decided, where, when, within which latitude
    .machine = The machine: identifier, name or six digits
    .option = The option; without it, all of them
    .master = As this master declares them (digest)
socle-cli-rule-set = Write a rule that sets options
    .name = The rule's name
    .unit = The unit that it belongs to (identifier); by default the centre
    .when = Condition over facts and target (CEL)
    .set = What it sets: OPTION=VALUE; may be repeated
    .order = Of two rules of one unit the one with the lower order decides
socle-cli-rule-try = Try a rule: which machines it matches and what would change; nothing is changed
    .name = The rule's name; one that is there already would be replaced
    .unit = The unit that it belongs to (identifier); by default the centre
    .when = Condition over facts and target (CEL)
    .set = What it sets: OPTION=VALUE; may be repeated
    .order = Of two rules of one unit the one with the lower order decides
socle-cli-rule-options = List the rules that set options
socle-cli-rule-drop = Remove a rule that sets options
    .name = The rule's name
    .unit = The unit that it belongs to (identifier); by default the centre
socle-cli-master-draft = Write a master that is not signed yet
    .file = Its text (TOML): options and steps
    .name = The master's name
    .version = The master's version
    .image = An image that the sequence names: NAME=DIGEST, NAME=IMAGE, or NAME (the newest of that name on the server)
    .option = Default value of an option: NAME=VALUE (a JSON value, else a text)
    .unit = The unit that shall own it (identifier); by default the centre
    .generation = Its generation; by default one more than the highest that was seen
    .out = Write the draft to this file, to be signed on another computer
socle-cli-master-drafts = List the masters that are being written
socle-cli-master-promote = Move a version to another stage
    .master = The master: NAME (newest), NAME:VERSION or digest
    .to = To which stage: pilot, production, retired
socle-cli-master-rollback = Put production back to the version that it was before
    .name = The master's name
socle-cli-master-diff = Compare two versions side by side
    .before = The one: NAME (newest), NAME:VERSION or digest
    .after = The other, or a draft's identifier
socle-cli-master-pilots = Say which units try a master's pilots, besides its own
    .master = The master: NAME (newest), NAME:VERSION or digest
    .unit = A unit that tries them (identifier); may be repeated; without it none
socle-cli-master-offer = Say which masters a unit and those below may take
    .unit = The unit (identifier)
    .name = A master's name; may be repeated
    .all = All that is left to it from above
socle-cli-sign-master = Sign a draft with the content key; needs no server
    .draft = The draft, as the server gave it (.json)
    .key = The content key's secret file
    .out = Where to write the signed master
socle-head-option = OPTION
socle-head-value = VALUE
socle-head-decided = DECIDED BY
socle-head-latitude = LEFT HERE
socle-head-attention = ATTENTION
socle-head-order = ORDER
socle-head-sets = SETS
socle-head-before = NOW
socle-head-after = THEN
socle-head-stage = STAGE
socle-head-by = BY
socle-stage-draft = draft
socle-stage-pilot = pilot
socle-stage-production = production
socle-stage-retired = retired
socle-option-decided = { $option } is { $value } here.
socle-option-cleared = What was decided here about { $option } is taken back.
socle-option-asked = asked at the machine
socle-option-conflicts = { $n ->
        [one] one conflict
       *[other] { $n } conflicts
    }
socle-option-secret = (secret)
socle-option-yes = yes
socle-option-no = no
socle-latitude-fixed = nothing: fixed above
socle-latitude-free = free
socle-latitude-range = { $min } to { $max }
socle-latitude-asked = asked at the machine ({ $latitude })
socle-explain-value = { $option } = { $value }
socle-explain-decided = Decided by { $where } ({ $by }, { $at }).
socle-explain-nobody = Nobody has decided it: no run can start before somebody does.
socle-explain-within = Within what { $where } leaves: { $latitude }.
socle-explain-overridden = Overrides { $value }, of { $where } ({ $by }, { $at }).
socle-explain-conflict = Conflict: { $value }, of { $where } ({ $by }, { $at }), is not used, because it is outside of what { $against } ({ $by-against }) leaves. { $why }
socle-explain-beyond = { $where } leaves those below { $latitude }; the value comes from above and is outside of that.
socle-explain-undecided = The rule { $rule } can't be decided for this machine: { $why }
socle-explain-here = What may be chosen on this machine: { $latitude }.
socle-explain-asked = It is asked at the machine: { $latitude }.
socle-explain-rule = rule { $rule } of { $unit }
socle-explain-machine = this machine
socle-explain-start = this run
socle-rule-kept = The rule { $rule } of { $unit } is kept.
socle-rule-tried = Looked at { $looked } of { $of } machines: it matches { $matches }, would change { $change }, can't be decided for { $undecided }. Nothing was changed.
socle-rule-undecided = Why not, for the first: { $why }
socle-rule-unknown = There is no rule { $rule } at that unit.
    .next = socle rule options lists the rules; --unit says whose it is.
socle-generation-wrong = { $value } is no generation of a master.
    .next = Write NAME=GENERATION, such as debian=3.
socle-master-unnamed = The master has no { $what }.
    .next = A text (TOML) needs --name and --version; a draft (.json) has both.
socle-master-drafted = { $name } { $version } is a draft ({ $draft }). Sign it, then publish it.
socle-master-moved = { $name } { $version } is now: { $stage }.
socle-master-waits = It waits for the yes of a second person: approval { $id }.
socle-master-pilots = { $n ->
        [0] Only its own unit tries the pilots.
        [one] One more unit tries the pilots.
       *[other] { $n } more units try the pilots.
    }
socle-master-offered = The unit may take: { $masters }
socle-master-same = The two are the same.
socle-diff-images = Images
socle-diff-packages = Packages
socle-diff-drivers = Drivers
socle-diff-options = Options
socle-diff-generation = Generation { $before } → { $after }
