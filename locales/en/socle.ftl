# The command line.
socle-cli = Socle: bare workstations receive their master over the network, start it, and prove it.
    .json = Answer as JSON
    .lang = Language: fr or en
    .server = Address of the server's API
    .database = Where the server keeps everything: postgres://…; by default what the configuration says, or SQLite in the data folder
    .help = This help
    .version = The version
socle-help-usage = Usage:
socle-help-commands = Commands
socle-help-arguments = Arguments
socle-help-options = Options
socle-cli-serve = Run the server: API, console, boot services
    .data = Folder of everything the server keeps
    .config = Configuration file (TOML)
socle-cli-config = The configuration file
socle-cli-config-check = Check a configuration file and say what it sets
    .file = The file
socle-cli-machine = Machines
    .machine = Its identifier, its name, or the six digits on its screen
socle-cli-machine-list = List machines
    .state = Only those in this state
    .trust = Only those whose last start was worth this: everything checked, certificate enrolled, not enrolled, Secure Boot off
socle-cli-machine-show = Show one machine
    .machine = Its identifier, its name, or the six digits on its screen
socle-cli-machine-accept = Recognise a machine that waits
    .machine = Its identifier, or the six digits on its screen
    .name = The name it shall have (a host name)
socle-cli-machine-refuse = Refuse a machine: it goes back to its own disk
    .machine = Its identifier, its name, or the six digits on its screen
socle-cli-machine-boot-once = Have a machine start the boot environment once, its boot order untouched
    .machine = Its identifier, its name, or the six digits on its screen
    .from = From its own disk, or by the firmware's entry for the network: own-disk, network
    .timeout-seconds = Wait so long for what comes of it
socle-cli-machine-wake = Wake a machine (Wake-on-LAN) and wait for its word
    .machine = Its identifier, its name, or the six digits on its screen
    .timeout-seconds = Wait so long for it, at most 240
socle-cli-machine-again = Say that a machine that waits is a known one whose board or TPM was replaced
    .machine = Its identifier, or the six digits on its screen
    .name = The known machine: its name or its identifier
socle-cli-machine-announce = Announce machines that are to come
    .file = A CSV file with the header name,mac,serial,uuid
socle-cli-rule = Rules that recognise machines by themselves
socle-cli-rule-add = Add a rule
    .name = The rule's name
    .when = Condition over facts (CEL); true accepts every machine
    .pattern = Pattern of names: room-{"{"}nn{"}"}, {"{"}serial{"}"}, {"{"}mac{"}"}
socle-cli-rule-list = List the rules
socle-cli-rule-remove = Remove a rule
    .name = The rule's name
socle-cli-master = Masters
socle-cli-master-sign = Sign a master with the content key
    .file = The sequence (TOML), or a draft as the server gave it (.json): then name and version stand in it
    .name = The master's name
    .version = The master's version
    .image = An image that the sequence names: NAME=DIGEST, NAME=IMAGE, or NAME (the newest signed image of that name on the server)
    .option = Default value of an option: NAME=VALUE (a JSON value, else a text)
    .key = The content key's secret file
    .out = Where to write the signed master
    .unit = The unit that shall own it (identifier); by default the centre
    .generation = Its generation: whoever has seen a newer one of its name refuses it
socle-cli-master-publish = Publish a signed master on the server
    .file = The signed master
socle-cli-master-list = List the masters
socle-cli-run = Runs: one machine going through one sequence
socle-cli-run-start = Start a run
    .machine = The machine: identifier, name or six digits
    .master = The master: NAME (newest), NAME:VERSION or digest
    .option = Value of an option for this run: NAME=VALUE
    .loss = What may be destroyed without asking: nothing-only, expendable
socle-cli-run-list = List runs
    .machine = Only those of this machine
socle-cli-run-show = Show one run
    .run = The run's identifier
socle-cli-run-watch = Follow a run until it completes, fails or waits for a person
    .run = The run's identifier
    .timeout-seconds = Give up after so many seconds
socle-cli-run-cancel = Stop a run at its next safe place
    .run = The run's identifier
socle-cli-run-retry = Try a failed run again
    .run = The run's identifier
socle-cli-run-allow-loss = Allow a waiting run to destroy what it has counted
    .run = The run's identifier
    .census = Digest of the census that was read
    .reason = Why, without any person's name
socle-cli-run-journal = Show a run's journal
    .run = The run's identifier
socle-cli-run-proof = Write a run's proof to a file
    .run = The run's identifier
    .out = The file
socle-cli-token = Access for programs and people
socle-cli-token-create = Create an API token; shown once
    .name = What it is for
    .days = Days until it ends
    .data = The server's data folder
    .config = Its configuration file
socle-cli-token-list = List every API token: until when, when last used
    .data = The server's data folder
    .config = The server's configuration file
socle-cli-token-revoke = Revoke an API token: it is refused from then on, also in the middle of a wait
    .token = The beginning of its identifier (eight characters), or its name
    .data = The server's data folder
    .config = The server's configuration file
socle-cli-account = Accounts of people, from the server's own computer
socle-cli-account-recover = Give somebody a one-time link to set a new password; second factors stay unless their removal is asked for
    .name = The account's name
    .remove-second-factors = Remove all second factors too, and end all sessions and tokens; recorded in the audit trail
    .data = The server's data folder
    .config = The server's configuration file
socle-cli-account-change-key = Seal all secrets of the database with a new key; stop the server first
    .data = The server's data folder
    .config = The server's configuration file
socle-cli-token-link = Create a one-time sign-in link for the administrator
    .data = The server's data folder
    .config = The server's configuration file
socle-cli-bootenv = The boot environment: what machines start from the network
socle-cli-bootenv-build = Build, sign and install the boot environment
    .data = The server's data folder
    .agent = The static agent
    .key = The content key's secret file; by default that of the data folder
    .kernel = Root folder of an unpacked Debian kernel package; by default this computer's own
    .config = The server's configuration file
    .loader = The network loader (snponly.efi); by default that of Debian's package ipxe
    .stub = systemd's stub (linuxx64.efi.stub) for the signed image; by default that of Debian's package systemd-boot-efi
    .shim = Debian's shim (shimx64.efi.signed); by default that of Debian's package shim-signed
    .mok-manager = Debian's MokManager (mmx64.efi.signed); by default that of Debian's package shim-helpers-amd64-signed
    .grub = Debian's GRUB for the network (grubnetx64.efi.signed); by default that of Debian's package grub-efi-amd64-signed
    .level = How hard the initrd is packed, 1 to 19
    .url = Where machines reach the server: https://ADDRESS:PORT; by default agents.url of the configuration
    .lowest = The lowest generation of a master that its agents accept: NAME=GENERATION
socle-cli-sign = Sign with the content key
socle-cli-sign-image = Sign an image so that it may be installed
    .name = Its name
    .image = Its digest; by default the newest of that name on the server
    .repo = A repository on this computer: its image is signed there, without any server
    .key = The content key's secret file
    .out = Where to write the signed release
    .publish = Publish it on the server
    .generation = Its generation: a server that has seen a newer one of its name refuses it
socle-cli-sign-delegation = Let a server give orders
    .server-key = The server's public key file
    .key = The content key's secret file
    .out = Where to write the delegation
socle-cli-sign-key = Make a new content key and its public half beside it
    .out = The secret file to make
socle-cli-verify = Check a proof with a public key alone
    .file = The proof
    .key = The content public key's file
socle-cli-events = Follow what happens, one JSON line per event
socle-cli-status = Show the server's state

# What it says.
socle-serving = Socle serves: console { $url } · agents { $agents } · boot files { $boot }
socle-first-link = Sign in once, within { $hours } hours: { $link }
socle-content-key-here = The content key lies in { $path }. In production take it away to a safe place, and keep a copy of it.
socle-head-name = NAME
socle-head-state = STATE
socle-head-code = CODE
socle-head-mac = MAC
socle-head-product = MODEL
socle-head-id = IDENTIFIER
socle-head-rule = RULE
socle-head-pattern = PATTERN
socle-head-condition = CONDITION
socle-head-version = VERSION
socle-head-steps = STEPS
socle-head-digest = DIGEST
socle-head-master = MASTER
socle-head-ordered = ORDERED
socle-head-run = RUN
socle-machine-to-recognise = to recognise
socle-machine-known = known
socle-machine-refused = refused
socle-run-ordered = ordered
socle-run-running = running
socle-run-waiting = waits for a person
socle-run-failed = failed
socle-run-cancelled = cancelled
socle-run-completed = completed
socle-step-pending = to do
socle-step-running = running
socle-step-done = done
socle-step-skipped = skipped
socle-step-tolerated = failed, went on
socle-step-failed = failed
socle-none = none
socle-status = Socle { $version }, since { $since }
    machines: { $machines }
    runs: { $runs }
    peak memory: { $memory } MiB
socle-machine-accepted = The machine is recognised as { $name }.
socle-machine-refused-now = The machine is refused: it goes back to its own disk.
socle-machines-announced = { $n ->
    [one] One machine is announced.
   *[other] { $n } machines are announced.
}
socle-rule-added = The rule { $rule } is kept.
socle-rule-removed = The rule { $rule } is removed.
socle-master-signed = The signed master is in { $path }.
socle-master-published = The master { $name } { $version } is published.
socle-release-signed = The image { $name } is signed.
socle-delegation-signed = The signed delegation is in { $path }.
socle-key-made = The secret key is in { $secret }: keep it and a copy of it in safe places. Its public half is in { $public }.
socle-run-started = Run { $run } is ordered for { $name }.
socle-run-cancelling = Run { $run } of { $name } is being cancelled.
socle-run-retried = Run { $run } of { $name } is tried again.
socle-run-loss-allowed = Run { $run } of { $name } may lose what it has counted.
socle-run-census = To allow it: socle run allow-loss RUN --census { $census } --reason "…"
socle-proof-written = The proof is in { $path }.
socle-proof-holds = The proof holds: { $name } received { $master }. { $entries } entries in one chain, { $images ->
    [one] { $images } image
   *[other] { $images } images
}.
socle-proof-before = Before: { $items } items, { $bytes } bytes.
socle-proof-after = After: { $items } items, { $bytes } bytes.
socle-proof-complete = It is complete.
socle-proof-gaps = It is not complete:
socle-token-created = { $token }
socle-head-token = TOKEN
socle-head-until = UNTIL
socle-head-used = LAST USED
socle-token-revoked = The token “{ $name }” is revoked.
socle-account-link = Open this once, within { $hours } hours, to set a new password:
    { $link }
socle-account-no-factor = The account has no second factor.
socle-account-factors-left = { $n ->
    [one] One second factor stays: it is asked for after the password. Where it is lost, use a recovery code, or run this again with --remove-second-factors.
   *[other] { $n } second factors stay: one is asked for after the password. Where all are lost, use a recovery code, or run this again with --remove-second-factors.
}
socle-account-factors-removed = { $n ->
    [one] ATTENTION: its second factor was removed; its sessions and tokens have ended. This is recorded in the audit trail. Make sure that it was its owner who asked.
   *[other] ATTENTION: { $n } second factors were removed; its sessions and tokens have ended. This is recorded in the audit trail. Make sure that it was its owner who asked.
}
socle-key-changed = { $n ->
    [one] One secret is sealed with the new key; the old one is forgotten.
   *[other] { $n } secrets are sealed with the new key; the old one is forgotten.
}
socle-environment-built = The boot environment (Linux { $kernel }, { $mebibytes } MiB) is signed and in { $path }.

# What can go wrong.
socle-server-silent = The server { $server } does not answer.
    .next = Check that it runs and that its address is right (--server or SOCLE_SERVER).
socle-answer-unreadable = The server's answer can't be read by this version.
    .next = Use the same version of Socle here and on the server.
socle-machine-unknown = No machine is called { $machine }.
    .next = Look at `socle machine list`.
socle-machine-ambiguous = Several machines show the digits { $machine }.
    .next = Give the identifier instead; see `socle machine list`.
socle-master-unknown = There is no master { $master } on the server.
    .next = Look at `socle master list`.
socle-image-unknown = There is no image { $image } on the server.
    .next = Capture it, or bring it into the repository.
socle-option-wrong = “{ $option }” sets no option.
    .next = Write NAME=VALUE.
socle-watch-over = The run was not over after { $seconds } seconds. It goes on.
    .next = Follow it again, or look at the machine.
socle-events-cut = The connection to the server was cut.
    .next = Start the command again.
socle-data-missing = { $path } is not the data folder of a server.
    .next = Give the folder with which `socle serve --data` was started.
socle-content-key-other = This content key is not the one that this server trusts ({ $path }).
    .next = Give the secret half of that key.
socle-url-missing = Nobody said where machines reach the server.
    .next = Give --url https://ADDRESS:8443, or set agents.url in the configuration. It must be an IP address.
socle-tool-missing = The program { $tool } is missing on this computer.
    .next = Install Debian's package e2fsprogs.
socle-kernel-missing = There is no kernel with its modules in { $path }.
    .next = Install Debian's package linux-image-amd64, or give --kernel the folder where it was unpacked.
socle-loader-missing = The network loader { $path } is missing. Nothing was built.
    .next = Install Debian's package `ipxe`, or name the file with --loader.
socle-cli-wizard = The wizard at the machine
socle-cli-wizard-code = Make codes with which you sign in at machines; each serves for one machine
    .unit = The unit, and those below it, that they are for; without it your own place
    .count = How many
    .minutes = How long they open something, in minutes
socle-cli-wizard-revoke = Take back all of your codes
socle-wizard-codes = Shown this once; each opens one machine, until { $at }:
socle-wizard-revoked = Your codes open nothing any more.
socle-proof-answered = Answered at the machine, and signed by it, on { $at }: name { $name }, seat { $seat }, { $answers }
# What is wrong with a command line.
socle-words-argument-unknown = There is no argument { $argument }{ $known ->
    [no] .
   *[other] ; did you mean { $similar }?
}
    .next = Look at the help: the same command with --help.
socle-words-command-unknown = There is no command “{ $command }”{ $known ->
    [no] .
   *[other] ; did you mean { $similar }?
}
    .next = Look at the list of commands: --help.
socle-words-command-missing = What shall be done? Say one of: { $commands }.
    .next = Look at the help: the same command with --help.
socle-words-argument-missing = These arguments are missing: { $arguments }.
    .next = Look at the help: the same command with --help.
socle-words-value-missing = The argument { $argument } has no value.
    .next = Say one after it.
socle-words-value-wrong = “{ $value }” is no value for { $argument }. It takes: { $values }.
    .next = Take one of these.
socle-words-value-refused = “{ $value }” is no value for { $argument }.
    .next = Correct it; the cause says what is wrong with it.
socle-words-values-many = “{ $value }” is one value too many for { $argument }.
    .next = Give fewer; put a value that holds spaces between quotes.
socle-words-arguments-conflict = { $argument } and { $other } can't be given together.
    .next = Leave one of them out.
socle-words-no-text = An argument is not valid text (UTF-8).
    .next = Type it again, or rename the file.
socle-words-wrong = The command can't be understood.
    .next = Look at the help: the same command with --help.
socle-output-unwritable = What was to be told could not be written to its end. What was asked for was done.
    .next = Free some space where the output goes, then ask to see it again.
socle-machine-again = { $name } goes on under its new key.
socle-boot-once-ordered = { $name } restarts into the boot environment at its next word.
socle-boot-once-armed = { $name } was told and restarts.
socle-boot-once-came = { $name } came: it runs the boot environment.
socle-boot-once-did-not-come = { $name } did not come.
socle-boot-once-refused = { $name } can't.
socle-boot-once-expired = { $name } did not take the order in time.
socle-boot-once-withdrawn = Another order took the place of this one.
socle-wake-boot = { $name } came after { $seconds } s: it runs the boot environment.
socle-wake-installed = { $name } came after { $seconds } s: its own system speaks.
socle-wake-silent = { $name } has not spoken. Packets were sent by { $interface } to { $cards }: check that it has power and that Wake-on-LAN is allowed in its firmware.
