# The page Diagnosis.
console-nav-diagnosis = Diagnosis
console-notice-looked = The network was asked. What was heard stands below.
console-act-network-ask = ask the network who answers machines
console-diagnosis = Diagnosis
console-diagnosis-text = Why a machine does not start, what is wrong, and what to do about it.
console-diagnosis-look = Look at the network now (5 s)
console-diagnosis-mac = A machine's MAC address
console-diagnosis-mac-wrong = “{ $typed }” is not a MAC address.
console-diagnosis-mac-wrong-next = Type six pairs of digits and letters a to f, as on the machine's screen or label: 8c:ec:4b:aa:10:07.
console-diagnosis-way = How far it came
console-diagnosis-server-way = The way of every machine, as the server sees it
console-diagnosis-asked = What it asked, and what came of it
console-diagnosis-asked-nothing = Nothing yet.
console-diagnosis-answered = answered
console-diagnosis-silent = not answered
console-diagnosis-times = { $n ->
    [one] once
   *[other] { $number } times
}
console-diagnosis-bad = What to look at
console-diagnosis-bad-none = Nothing that was looked at is wrong.
console-diagnosis-unseen = Not looked at ({ $n })
console-diagnosis-good = In order ({ $n })
console-diagnosis-machines = Machines heard lately
console-diagnosis-machines-none = No machine has asked anything yet.
console-diagnosis-machine = Machine
console-diagnosis-verdict = How far
console-diagnosis-wire = Who answers machines on the network
console-diagnosis-wire-asked = Asked on { $interfaces }, for { $seconds } s,
console-diagnosis-wire-nobody = Nobody answered.
console-diagnosis-wire-not-asked = The network has not been asked since the server started. The question takes five seconds and disturbs nobody: no address is taken.
console-diagnosis-wire-server = Who answered
console-diagnosis-wire-ours = this server
console-diagnosis-wire-as = To a machine with
console-diagnosis-wire-offered = Address
console-diagnosis-wire-file = To load
console-diagnosis-wire-options = Options
console-diagnosis-recipes = What to write into another DHCP server
console-diagnosis-recipes-text = With mode = "proxy" on the machines' own network nothing is to be written. Where machines are in other networks, or the mode is "tftp", their DHCP server says where to load from (options 66 and 67), for BIOS and UEFI apart. The address of this server is filled in.
