//! Events as a person reads them.
use super::{BY_THE_DOCTOR, BootEvent, Kind, Why};
use socle_texts::{Arg, Lang, say};

impl Why {
    /// The key of its text, and what the text needs.
    fn text(&self) -> (&'static str, Vec<(&'static str, Arg)>) {
        use Why::*;
        match self {
            Malformed => ("boot-why-malformed", vec![]),
            NotNetworkBoot => ("boot-why-not-network-boot", vec![]),
            Architecture { arch } => ("boot-why-architecture", vec![("arch", (*arch).into())]),
            ArchitectureUnsaid => ("boot-why-architecture-unsaid", vec![]),
            AnotherServer => ("boot-why-another-server", vec![]),
            NotOurAddresses => ("boot-why-not-our-addresses", vec![]),
            RelayAgent => ("boot-why-relay-agent", vec![]),
            NotAskedHere => ("boot-why-not-asked-here", vec![]),
            Decided { .. } => ("boot-why-decided", vec![]),
            Undecided => ("boot-why-undecided", vec![]),
            NoAddressLeft => ("boot-why-no-address-left", vec![]),
            UnknownLease => ("boot-why-unknown-lease", vec![]),
            AnotherNetwork => ("boot-why-another-network", vec![]),
            AnotherMachine => ("boot-why-another-machine", vec![]),
            AnotherAddress => ("boot-why-another-address", vec![]),
            LeaseNotKept => ("boot-why-lease-not-kept", vec![]),
            AnswerTooLong => ("boot-why-answer-too-long", vec![]),
            NotSent { cause } => ("boot-why-not-sent", vec![("cause", cause.into())]),
            ReadOnly => ("boot-why-read-only", vec![]),
            Mode => ("boot-why-mode", vec![]),
            Busy => ("boot-why-busy", vec![]),
            TooOften => ("boot-why-too-often", vec![]),
            NoAnswer => ("boot-why-no-answer", vec![]),
            GivenUp { error, words } => {
                ("boot-why-given-up", vec![("error", (*error).into()), ("words", words.into())])
            }
            Stopping => ("boot-why-stopping", vec![]),
        }
    }

    /// The reason in words.
    pub fn say(&self, lang: Lang) -> String {
        if let Why::Decided { code } = self {
            return say(lang, code, &[]);
        }
        let (key, args) = self.text();
        say(lang, key, &args)
    }
}

impl BootEvent {
    /// Whether our own doctor asked ([`crate::probe`]): no machine wants to start.
    pub fn is_by_the_doctor(&self) -> bool {
        self.asked.ends_with(BY_THE_DOCTOR)
    }

    /// Whether it is the ordinary noise of a network, not worth a line on the console: telephones asking for an
    /// address, a machine talking to its DHCP server, a size asked before the file.
    pub fn is_routine(&self) -> bool {
        match &self.kind {
            _ if self.is_by_the_doctor() => true,
            Kind::FileSizeAsked { .. } => true,
            Kind::Silent { why } => matches!(
                why,
                Why::Malformed | Why::NotNetworkBoot | Why::AnotherServer | Why::NotOurAddresses | Why::NotAskedHere
            ),
            _ => false,
        }
    }

    /// The event in words.
    pub fn say(&self, lang: Lang) -> String {
        let who = match (self.mac, self.address) {
            (Some(mac), _) => mac.to_string(),
            (None, Some(address)) => address.to_string(),
            (None, None) => "–".into(),
        };
        let mut args: Vec<(&str, Arg)> = vec![("who", who.into()), ("asked", self.asked.clone().into())];
        let mut and = |name: &'static str, value: Arg| args.push((name, value));
        let key = match &self.kind {
            Kind::BootOffered { file } => {
                and("file", file.into());
                "boot-event-boot-offered"
            }
            Kind::AddressOffered { given, file, withheld } | Kind::AddressGiven { given, file, withheld } => {
                and("given", given.to_string().into());
                and("file", file.as_deref().unwrap_or("–").into());
                and("why", withheld.as_ref().map(|w| w.say(lang)).unwrap_or_default().into());
                match (matches!(self.kind, Kind::AddressOffered { .. }), file.is_some(), withheld.is_some()) {
                    (true, true, _) => "boot-event-address-and-boot-offered",
                    (true, false, false) => "boot-event-address-offered",
                    (true, false, true) => "boot-event-only-address-offered",
                    (false, true, _) => "boot-event-address-and-boot-given",
                    (false, false, false) => "boot-event-address-given",
                    (false, false, true) => "boot-event-only-address-given",
                }
            }
            Kind::AddressRefused { wanted, why } => {
                and("wanted", wanted.to_string().into());
                and("why", why.say(lang).into());
                "boot-event-address-refused"
            }
            Kind::AddressReleased { given } => {
                and("given", given.to_string().into());
                "boot-event-address-released"
            }
            Kind::AddressDeclined { given } => {
                and("given", given.to_string().into());
                "boot-event-address-declined"
            }
            Kind::Silent { why } => {
                and("why", why.say(lang).into());
                "boot-event-silent"
            }
            Kind::FileSent { file, bytes, milliseconds, blocks_again } => {
                and("file", file.into());
                and("bytes", (*bytes).into());
                and("milliseconds", (*milliseconds).into());
                and("again", (*blocks_again).into());
                "boot-event-file-sent"
            }
            Kind::FileSizeAsked { file } => {
                and("file", file.into());
                "boot-event-file-size-asked"
            }
            Kind::FileMissing { file } => {
                and("file", file.into());
                "boot-event-file-missing"
            }
            Kind::FileFailed { file, why } => {
                and("file", file.into());
                and("why", why.say(lang).into());
                "boot-event-file-failed"
            }
        };
        say(lang, key, &args)
    }
}
