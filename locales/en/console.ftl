# The console's pages.

## Dates and durations
console-month-1 = Jan
console-month-2 = Feb
console-month-3 = Mar
console-month-4 = Apr
console-month-5 = May
console-month-6 = Jun
console-month-7 = Jul
console-month-8 = Aug
console-month-9 = Sep
console-month-10 = Oct
console-month-11 = Nov
console-month-12 = Dec
console-long-month-1 = January
console-long-month-2 = February
console-long-month-3 = March
console-long-month-4 = April
console-long-month-5 = May
console-long-month-6 = June
console-long-month-7 = July
console-long-month-8 = August
console-long-month-9 = September
console-long-month-10 = October
console-long-month-11 = November
console-long-month-12 = December
console-weekday-1 = Monday
console-weekday-2 = Tuesday
console-weekday-3 = Wednesday
console-weekday-4 = Thursday
console-weekday-5 = Friday
console-weekday-6 = Saturday
console-weekday-7 = Sunday
console-day = { $weekday } { $day } { $month }
console-date-time = { $day } { $month } { $year } at { $clock }
console-moment-exact = { $local } ({ $utc } UTC)
console-ago-now = just now
console-ago = { $duration } ago
console-on = on { $date }
console-percent = { $n }%
console-speed = { $bytes }/s
console-took = in { $duration }
console-time-left = { $left } left
console-bytes-of = { $done } of { $total }
console-for = for { $duration }
console-yes = yes
console-no = no

## The frame
console-skip = Skip to content
console-nav = Rooms of the console
console-nav-today = Today
console-nav-machines = Machines
console-nav-runs = Runs
console-nav-masters = Masters
console-nav-images = Images
console-nav-status = Server
console-nav-attention = { $n ->
        [one] one run needs you
        *[other] { $n } runs need you
    }
console-nav-to-recognise = { $n ->
        [one] one machine to recognise
        *[other] { $n } machines to recognise
    }
console-prefs = Language and appearance
console-language = Language
console-theme = Appearance
console-theme-light = Light
console-theme-dark = Dark
console-theme-auto = As the computer
console-sign-out = Sign out
console-live-cut = The link with the server is cut: this page has stopped moving. It will go on by itself.
console-what-to-do = What to do:
console-cause = Technical cause:
console-learn-more = Learn more
console-details = Details
console-filter = Filter
console-pages = Pages of the list
console-page-before = Previous
console-page-after = Next
console-page-of = page { $page } of { $pages }
console-search = Search
console-progress = Progress of the step
console-none-yet = Nothing yet.
console-notice-accepted = The machine is recognised.
console-notice-refused = The machine is refused: it will always start its own disk.
console-notice-announced = { $n ->
        [one] One machine is announced: it will be recognised when it first starts from the network.
        *[other] { $number } machines are announced: they will be recognised when they first start from the network.
    }
console-notice-started = The order is given. The machine begins as soon as it speaks to the server.
console-notice-cancelled = The order to stop is given. The machine stops at the next safe place.
console-notice-retried = The order is given: the machine goes on at the step that failed.
console-notice-loss-allowed = The loss is allowed: the machine goes on.
console-notice-password-set = Your password is set.

## The door
console-sign-in = Sign in
console-sign-in-do = Sign in
console-sign-in-help = First visit, or password forgotten? The server prints a one-time link when it first starts; for another one:
console-field-name = Name
console-field-password = Password
console-field-new-password = New password
console-field-again = The same once more
console-welcome = Welcome
console-welcome-text = This link works once. Choose the password of { $name }.
console-welcome-do = Set it and sign in
console-password-help = At least { $n } characters. A sentence is easier to remember than a complicated word.
console-error-title = That did not work
console-error-code = For support:
console-back-today = Back to today

## Today
console-today = Today
console-counter-failed = failed
console-counter-waiting = waiting for you
console-counter-to-recognise = to recognise
console-counter-running = running
console-counter-completed = completed
console-counter-known = { $n ->
        [one] machine known
        *[other] machines known
    }
console-content-key-here-short = The content key is still on this server: whoever steals this server can sign what machines install.
console-needs-you = What needs you
console-needs-nothing = Nothing is waiting for a decision.
console-failed-on = { $name } failed
console-waits-on = { $name } waits for a decision
console-look-and-retry = Look and retry
console-see-loss = See what would be lost
console-look = Look
console-new-machine = Unknown machine { $code }
console-unknown-model = Unknown model
console-recognise = Recognise
console-draft-image = The image { $name } is not signed
console-draft-image-text = No machine can receive it before the content key has signed it.
console-how-to-sign = How to sign it
console-running-now = Running
console-running-nothing = No run is going on.
console-choose-machine = Choose a machine
console-just-over = Last ones over
console-boot-events = Network starts
console-boot-nothing = No machine has started from the network yet.
console-step-of = step { $number } of { $total }
console-steps-done = { $done } steps of { $total }
console-silent = The machine has said nothing for { $duration }.
console-silent-help = If it lost power, it will go on by itself when it next starts from the network.
console-guide = First deployment
console-guide-text = From an empty server to a first installed machine, in five steps.
console-guide-done = (done)
console-guide-reference = Recognise a reference machine
console-guide-reference-text = Start the machine whose disk will be the model from the network. It shows six digits; the same appear here. Give it a name.
console-guide-reference-do = See the machines to recognise
console-guide-capture = Capture its disk
console-guide-capture-text = Start the capture master on this machine: its disk is read, nothing on it changes, and an image appears.
console-guide-capture-do = Choose the machine
console-guide-sign = Sign the image and the master
console-guide-sign-text = On the computer that keeps the content key, sign the image, then the master. Without that signature no machine accepts them.
console-guide-sign-do = See how
console-guide-accept = Recognise the machines to install
console-guide-accept-text = Start them from the network and name them, or announce them beforehand with a list.
console-guide-accept-do = See the machines to recognise
console-guide-deploy = Deploy
console-guide-deploy-text = Choose a machine, then the master. The console shows each step, and keeps the proof of what was done.
console-guide-deploy-do = Choose a machine

## Machines
console-machines = Machines
console-machines-text = Those you have recognised, and those that present themselves.
console-machines-all = All
console-machines-to-recognise = To recognise
console-machines-known = Known
console-machines-refused = Refused
console-machine-state-to-recognise = To recognise
console-machine-state-known = Known
console-machine-state-refused = Refused
console-machine-unnamed = Unnamed machine
console-search-machines = Name, serial number or MAC address
console-machines-none = No machine has presented itself yet
console-machines-none-text = A machine appears here as soon as it starts from the network and finds this server.
console-machines-none-1 = In its firmware, switch on network boot (UEFI, IPv4) and switch off Secure Boot.
console-machines-none-2 = Connect it by cable to the same network as this server, and start it.
console-machines-none-3 = If it does not come, the network starts tell what the server heard and answered.
console-machines-list = List of machines
console-machines-none-here = No machine in this state.
console-machines-no-match = No machine matches “{ $query }”.
console-machines-show-all = Show all machines
console-queue = To recognise
console-queue-text = Compare the six digits with the machine's screen, then give it a name. Until then it gets nothing.
console-code = Code on its screen
console-serial = Serial
console-address = Address
console-first-seen = First seen
console-name-it = Name of the machine
console-name-rule = Lower-case letters, digits and hyphens; at most 63 characters.
console-accept = Recognise
console-refuse = Refuse
console-refuse-text = It will always start its own disk.
console-name = Name
console-state = State
console-last-run = Last run
console-last-seen = Seen
console-model = Model
console-start-run = Start a run
console-announce = Announce machines
console-announce-text = An announced machine is recognised by itself the first time it starts from the network.
console-announce-label = List in CSV form
console-announce-help = One line per machine: its name, and at least one of the three hints. All of it is taken, or nothing.
console-announce-do = Announce these machines
console-announce-example = Example
console-recognise-this = Recognise this machine
console-recognise-text = Check that its screen shows { $code }, then give it a name.
console-by-person = by a person
console-by-list = by the list of announced machines
console-by-rule = by the rule “{ $rule }”
console-place-boot = in the boot environment
console-place-installed = in its own system
console-current-run = Current run
console-past-runs = Past runs
console-no-past-run = Nothing has happened to this machine here yet.
console-boot-events-of = Its network starts
console-identity = Identity
console-machine-key = Machine's key
console-machine-key-help = The machine made it at first contact and proves it every time. MAC addresses and numbers are only hints.
console-facts = Hardware
console-facts-none = The machine has said nothing of itself yet.
console-disks = Disks
console-nics = Network cards
console-disk-solid = solid state
console-disk-rotational = rotating
console-disk-removable = removable
console-fact-vendor = Manufacturer
console-fact-product = Model
console-fact-serial = Serial number
console-fact-uuid = UUID
console-fact-cpu = Processor
console-fact-cpu-value = { $n ->
        [one] { $model }, one core
        *[other] { $model }, { $n } cores
    }
console-fact-memory = Memory
console-fact-firmware = Firmware
console-firmware-uefi = UEFI
console-firmware-bios = BIOS
console-fact-secure-boot = Secure Boot
console-fact-tpm = TPM chip
console-fact-power = Power
console-power-mains = mains
console-power-battery = battery
console-power-unknown = unknown

## Starting
console-start-on = Start a run on { $name }
console-stages = Stages of the start
console-stage-choose = Choose the master
console-stage-confirm = Read and confirm
console-stage-started = Started
console-busy = { $name } is already in a run ({ $master }).
console-busy-look = Look at that run
console-will-happen = What will happen
console-destroys = erases the disk
console-only-when = only when
console-confirm = Confirm
console-machine = Machine
console-disk = Disk
console-image = Image
console-signed = Signed
console-loss-question = If the disk holds something
console-loss-nothing = Stop and show me
console-loss-nothing-text = The machine counts what it holds and waits for your decision.
console-loss-expendable = Go on: the content is expendable
console-loss-expendable-text = It is counted, written in the proof, then erased without asking.
console-destroys-nothing = This master erases nothing.
console-start-do = Start on { $name }
console-other-master = Choose another master
console-choose-master = Which master?
console-n-steps = { $n ->
        [one] one step
        *[other] { $n } steps
    }
console-n-images = { $n ->
        [0] no image
        [one] one image
        *[other] { $n } images
    }
console-options-ask = Options
console-option-help = The master's value: { $value }

## Runs
console-runs = Runs
console-runs-text = Each passage of a machine through a master: where it stands, and why.
console-runs-all = All
console-runs-none = No run yet
console-runs-none-text = Choose a known machine, then the master that it shall receive.
console-runs-none-here = No run in this state.
console-runs-show-all = Show all runs
console-run-state-ordered = Ordered
console-run-state-running = Running
console-run-state-waiting = Waiting
console-run-state-failed = Failed
console-run-state-cancelled = Cancelled
console-run-state-completed = Completed
console-steps = Steps
console-step = Step
console-step-state-pending = to come
console-step-state-running = running
console-step-state-waiting = waits
console-step-state-stopped = stopped
console-step-state-done = done and read back
console-step-state-skipped = skipped
console-step-state-tolerated = failure tolerated
console-step-state-failed = failed
console-step-check = Check the machine
console-step-partition = Prepare the disk
console-step-apply-image = Write the image
console-step-reset-image = Bring the disk back to the image
console-step-fill-cache = Fill the cache
console-step-capture-image = Capture the disk
console-step-write-file = Write a file
console-step-set-identity = Set the identity
console-step-run-script = Run a script
console-step-reboot = Start again
console-step-report = Report
console-step-move-folder = Move a folder
console-phase-validate = Validate
console-phase-capture-state = Put in safety
console-phase-preinstall = Prepare
console-phase-install = Install
console-phase-postinstall = Make its own
console-phase-restore-state = Hand back
console-attempt = attempt { $n }
console-ordered = Ordered
console-began = Began
console-in-all = In all
console-resumed = Resumed after a stop
console-times = { $n ->
        [one] once
        *[other] { $n } times
    }
console-memory-kept = Journal kept
console-memory-on-machine = on the machine and on the server
console-memory-on-server = on the server
console-failed-at = Failed: { $step }
console-waits-at = Waiting: { $step }
console-retry = Try again
console-retry-text = The machine goes on at this step; what is already written is not written again.
console-loss-title = Before { $name } is erased, you decide
console-loss-text = The disk holds what follows. Nothing is touched yet. If you go on, all of it will be lost, and the proof will say so.
console-would-lose = { $n ->
        [one] Its disk holds one item ({ $bytes }), which would be lost.
        *[other] Its disk holds { $items } files and folders ({ $bytes }), which would be lost.
    }
console-loss-caption = What would be lost, by partition
console-loss-reason = Why it may be lost
console-loss-reason-help = This sentence goes into the proof. Put nobody's name in it.
console-loss-allow = Erase these { $size } and go on
console-cancel = Cancel this run
console-cancel-text = The machine stops at the next safe place. If its disk is already being written, another run is needed before it starts again.
console-cancel-do = Yes, cancel
console-journal = Journal
console-journal-none = The machine has written nothing yet.
console-n-entries = { $n ->
        [one] { $number } entry
        *[other] { $number } entries
    }
console-entry = Entry { $n }
console-why-and-next = Cause and what to do
console-by-part = By partition
console-part = Part
console-holds = Holds
console-items = Files and folders
console-size = Size
console-looked = Looked at
console-total = Total
console-holds-nothing = Nothing at all.
console-part-disk = Whole disk
console-part-folder = Folder
console-part-partition = Partition { $n }
console-kind-boot-loader = BIOS boot loader
console-kind-empty = nothing
console-kind-unknown = unknown format
console-kind-socle = Socle's journal
console-kind-folder = folder
console-kind-swap = swap
console-level-full = each file by its digest
console-level-counted = counted
console-level-expendable = expendable, by policy
console-level-unreadable = unreadable

## The journal as sentences
console-event-run-started = The run begins (agent { $agent }).
console-event-run-resumed = { $n ->
        [one] The machine goes on after a stop.
        *[other] The machine goes on after a stop, { $n } times now.
    }
console-event-memory-partition = The key, the journal and the resume point are safe from a power cut, on the Socle partition.
console-event-memory-file = The key, the journal and the resume point are safe from a power cut, in a file.
console-event-step-started = Step “{ $step }” begins.
console-event-step-again = Step “{ $step }” begins again (attempt { $n }).
console-event-step-completed = Step “{ $step }” is done, and was read back.
console-event-step-skipped = Step “{ $step }” does not apply here: the condition { $when } does not hold.
console-event-warning = Worth a look, and stops nothing:
console-event-step-failed = Step “{ $step }” failed.
console-event-step-failed-again = Step “{ $step }” failed and will be tried again.
console-event-waiting = The machine waits for a person.
console-event-waiting-loss = The machine waits for a person to allow this loss.
console-event-census-empty = Census: there is nothing to lose.
console-event-census-before = { $n ->
        [one] Census before erasing: one item, { $bytes }.
        *[other] Census before erasing: { $items } items, { $bytes }.
    }
console-event-census-after = { $n ->
        [one] Census on arrival: one item, { $bytes }.
        *[other] Census on arrival: { $items } items, { $bytes }.
    }
console-event-loss-allowed = A person allowed this loss (order { $order }).
console-event-loss-by-policy = Nothing stands against it: the disk is empty, or its content is declared expendable.
console-event-image-applied = The image is written: { $bytes }, each chunk verified before it was.
console-event-image-reset = The disk is the image again: { $bytes } written, everything else stood right.
console-event-image-captured = The disk is captured as { $name }: { $bytes } in use.
console-event-read-back-all = everything
console-event-read-back-one-in = { $n ->
        [one] everything
        *[other] one chunk in { $n }
    }
console-event-fact-image = Image
console-event-fact-chunks = Chunks
console-event-fact-fetched = Came over the network
console-event-fact-compared = Read and compared
console-event-fact-in-place = Right where they stood
console-event-fact-found = Moved on the disk
console-event-fact-cache = From the cache
console-event-fact-gone = Held nothing any more
console-event-fact-new = New to the repository
console-event-fact-read-back = Read back from the disk
console-event-identity-read = The installed system says it is { $name }.
console-event-rebooting-installed = The machine starts again from its disk.
console-event-rebooting-boot = The machine starts again from the network.
console-event-rebooting-off = The machine switches itself off.
console-event-order-received = Order { $order } has arrived.
console-event-run-cancelled = The run is stopped, by an order.
console-event-run-failed = The run stops on a failure.
console-event-run-completed = The run is completed: the whole sequence is done.
console-identity-hostname = Name
console-identity-system = System
console-identity-kernel = Kernel
console-identity-machine-id = machine-id (digest)
console-identity-disk = Disk GUID
console-identity-ssh = SSH key { $kind }
console-identity-partition = GUID of partition { $n }
console-identity-filesystem = Filesystem { $n }
console-step-fact-written-bytes = Written
console-step-fact-fetched-bytes = Came over the network
console-step-fact-streamed-bytes = Came by the stream to the room
console-step-fact-read-back-bytes = Read back from the disk
console-step-fact-resumed-bytes = Already written before resuming
console-step-fact-grown = Grown
console-step-fact-image = Image
console-step-fact-name = Name
console-step-fact-disk = Disk
console-step-fact-used-bytes = In use
console-step-fact-new-bytes = New to the repository
console-step-fact-stored-bytes = Stored, compressed
console-step-fact-memory-mib = Memory
console-step-fact-firmware = Firmware
console-step-fact-power = Power
console-step-fact-disk-mib = Size of the disk
console-step-fact-disk-bytes = Size of the disk
console-step-fact-disk-guid = Disk GUID
console-step-fact-partitions = Partitions

## The proof
console-proof = Proof
console-proof-text = Orders, journal and censuses, signed. It is checked without this server, with the public key alone.
console-proof-check = See and check the proof
console-proof-of = Proof of { $name }
console-proof-lead = What the file shows, checked just now with the content public key.
console-proof-download = Download ({ $size })
console-verdict-wrong = This proof does not hold
console-verdict-complete = The proof is complete
console-verdict-complete-text = All that was to be done was done, in order, by this machine, with what the content key signed.
console-verdict-gaps = { $n ->
        [one] The proof is right, but one thing is missing
        *[other] The proof is right, but { $n } things are missing
    }
console-verdict-gaps-text = Nothing was altered. Here is what it does not show:
console-checked = What was checked
console-checked-chain = { $n ->
        [one] The journal has one entry, signed by the machine.
        *[other] The { $number } entries of the journal follow each other without a gap, each signed by the machine.
    }
console-checked-orders = Each order is signed by the server, and the server is vouched for by the content key.
console-checked-master = The master { $master } is signed by the content key.
console-checked-image = The image that was written is the master's:
console-checked-loss = What was erased had been counted and allowed before.
console-before = What it held before
console-after = What it holds after
console-not-counted = Not counted.
console-who-reported = Who the installed system says it is
console-check-yourself = Check it yourself
console-check-yourself-text = On any computer, without a network:

## Images and masters
console-images = Images
console-images-text = The captured disks. Only an image signed by the content key can be installed.
console-used = In use
console-source-disk = Source disk
console-captured = Captured
console-used-by = Masters
console-image-signed = Signed
console-image-draft = Draft
console-image-missing = not in the repository
console-how-to-sign-text = On the computer that keeps the content key:
console-how-to-sign-command = socle sign image --name NAME --key content.key --publish
console-images-none = No image yet
console-images-none-text = An image is the disk of a reference machine, captured over the network.
console-images-none-1 = Start the reference machine from the network and recognise it.
console-images-none-2 = Start the capture master on it: nothing on its disk changes.
console-images-none-3 = Sign the image with the content key.
console-masters = Masters
console-masters-text = What makes a machine: a sequence, its images, its options. Signed, so it never changes.
console-version = Version
console-no-image = no image
console-by-content-key = by the content key
console-masters-none = No master yet
console-masters-none-text = A master is signed on the computer that keeps the content key, then published here:
console-masters-none-command = socle master sign masters/capture.toml --name capture --version 1 --key content.key --out capture.master && socle master publish capture.master
console-digest = Digest
console-phase = Phase
console-condition = Condition
console-on-failure = On failure
console-always = always
console-retries = { $n ->
        [one] tries once more, then
        *[other] tries { $n } more times, then
    }
console-goes-on = goes on
console-stops = stops
console-within = within { $duration }
console-sequence-text = The signed text
console-show-text = Show the text of the sequence
console-options = Options
console-its-runs = Its runs
console-no-run-yet = No machine has received it yet.

## The server
console-status = Server
console-status-text = What it is, which keys it trusts, what needs attention.
console-findings = To put right
console-findings-none = Nothing to report.
console-content-key-here = The content key lies in this server's folder. Whoever steals that folder can sign what machines install.
console-content-key-here-next = Move the content-key folder to a computer off the network, and keep a copy. You will sign there; the server does not need it.
console-runs-since = Running since
console-peak-memory = Peak memory
console-keys = Keys
console-content-key = Content key (public)
console-content-key-text = Says what may exist: images, masters, boot environment. It alone is enough to check a proof.
console-server-key = Server key (public)
console-server-key-text = Signs orders and recognises machines. It can sign no content.
console-boot-events-text = What the boot services heard, and what they answered, or why they kept silent.
console-only-of = Only those of
console-show-all = Show all
console-time = Time
console-service = Service
console-what = What
console-boot-nothing-text = As soon as a network card asks to start, a line appears here.
console-boot-nothing-1 = The server must be on the same network as the machines, or the router must relay DHCP to it.
console-boot-nothing-2 = A firewall must let UDP 67, 69 and 4011 through.
console-boot-nothing-3 = The machine must start from the network in UEFI mode.

## The console's faults
console-template-broken = The page { $template } could not be composed.
    .next = This is a defect of Socle. The rest goes on. Tell support the cause below.
console-not-found = This page does not exist, or no longer.
    .next = Start again from Today: everything is one or two links away.

# One's own account, and the second factor.
console-notice-factor-added = The second factor is added. From now on it is asked when you sign in.
console-notice-factor-removed = The second factor is removed.
console-notice-session-revoked = That session is ended.
console-notice-sessions-revoked = All your other sessions are ended.
console-notice-token-revoked = The token is revoked: whoever holds it is refused from now on.
console-sign-in-again = Sign in once more
console-sign-in-again-why = For a change in how you sign in, prove once more that it is you.
console-sign-in-service = Sign in with { $service }
console-sign-in-passkey = Sign in with a passkey
console-sign-in-or = or with a name and a password
console-signed-out-here = You are signed out here, and still signed in at { $service }.
console-sign-out-there = Sign out there too
console-signed-in = You are signed in
console-signed-in-go = Go on
console-passkey-failed = No passkey has answered. Try again, or sign in another way.
console-second = Second factor
console-second-why = Your password was right. Prove now with something that you hold that it is you.
console-second-passkey = With a passkey
console-second-code = Code
console-second-code-help = The six digits that your application shows, or one of your recovery codes.
console-second-recovery = Recovery code
console-second-recovery-help = One of the codes that you kept; each serves once.
console-second-do = Check
console-second-lost = Everything lost? The administrator of the server can remove your second factor; that is recorded.
console-second-back = Back to the sign-in page
console-enrol = Your second factor
console-enrol-why = Here everybody needs a second factor. Make yours now: it takes a minute.
console-app = Codes of an application
console-app-install = On your telephone, open an application for one-time codes (Aegis, FreeOTP, or the one of your organisation).
console-app-scan = Scan this picture with it.
console-app-picture = Picture for the application: it holds the secret that stands below as text
console-app-type = Or type this secret:
console-app-open = Open it in an application of this computer
console-app-try = Type the six digits that the application shows now.
console-app-code = Code that the application shows
console-app-do = Check and keep
console-app-add = Add an application
console-account = My account
console-crumbs = Where you are
console-acts = Actions
console-factors = Second factors
console-factors-why = With a second factor your password alone opens nothing.
console-factors-none = You have none yet.
console-factor-totp = Codes of an application
console-factor-passkey = Passkey
console-factor-name = Name
console-factor-name-example = My telephone
console-factor-kind = What it is
console-last-used = Last used
console-never = never
console-remove = Remove
console-codes-left = { $n ->
    [0] No recovery code is left: make new ones.
    [one] One recovery code is left.
   *[other] { $n } recovery codes are left.
}
console-codes-new = New recovery codes
console-passkey-name = Name of a new passkey
console-passkey-add = Add a passkey
console-passkeys-off = Passkeys need HTTPS and a name instead of an address: this console is opened without.
console-fresh-why = To change how you sign in, prove first that it is you.
console-fresh-do = Sign in once more
console-sessions = Where I am signed in
console-device = Device
console-device-unknown = Unknown device
console-proved-by = Proved by
console-session-this = this one
console-session-revoke = End
console-sessions-revoke = End all others
console-how-password = password
console-how-directory = directory
console-how-service = sign-in service
console-how-service-strong = sign-in service with two factors
console-how-passkey = passkey
console-how-totp = code
console-how-recovery = recovery code
console-how-link = one-time link
console-tokens = API tokens
console-tokens-why = A token lets a program act in your name, never with more rights than yours. Give it the least.
console-token-name = Name
console-token-may = May act as
console-token-role = { $role }, at { $unit }
console-token-all = everything that I may do
console-token-until = Until
console-token-over = over
console-token-days = For how many days
console-token-add = Make a token
console-token-revoke = Revoke
console-password-change = Change my password
console-field-current-password = Present password
console-password-do = Change it
console-password-ends = This ends all your other sessions.
console-sources = This account is also known as
console-once-codes = Your recovery codes
console-once-token = Your new token
console-once-only = This is shown once. Reload the page and it is gone.
console-once-codes-help = Print them or put them into a safe place. Each one replaces your second factor once. Codes that you had before are worth nothing now.
console-once-token-help = The token “{ $name }”, for the header Authorization: Bearer. Put it into the program's own safe, not into a script.
console-once-done = I have kept it
console-fact-tpm-ek = TPM identity
console-fact-key-sealed = Key sealed by the TPM
console-again-title = It is a known machine that came back
console-again-same-tpm = Its security chip (TPM) is the one of { $name }, which was cleared.
console-again-text = After a repair (board or security chip replaced or cleared) a machine introduces itself as a new one. Its record, its place and its runs go on under the new key; the old key is worth nothing any more. Look at the machine before you say so.
console-again-name = Name of the known machine
console-again-do = It is this one
console-notice-identity-replaced = The machine goes on under its new key.
console-from-afar = Started from afar
console-from-afar-none = Nobody has had this machine start the boot environment.
console-from-afar-do = Start from afar
console-from-afar-text = The installed system restarts the machine into the boot environment, once; its own order of starting stays as it is. The order reaches it with its next word, within some minutes.
console-boot-from = Start the boot environment
console-boot-from-own-disk = from its own disk
console-boot-from-network = from the network
console-boot-once-do = Restart it now
console-wake-do = Wake it (Wake-on-LAN)
console-wake-text = The machine must be off or asleep, with Wake-on-LAN allowed in its firmware. Its own word tells whether it came.
console-boot-once-ordered = Waits for the machine
console-boot-once-armed = Restarting
console-boot-once-came = Came
console-boot-once-did-not-come = Did not come
console-boot-once-refused = The machine can't
console-boot-once-expired = Not taken in time
console-boot-once-withdrawn = Replaced by another order
console-notice-boot-once-ordered = The machine restarts into the boot environment at its next word.
console-notice-woken = The packets were sent. Whether the machine comes is shown here when it speaks.
