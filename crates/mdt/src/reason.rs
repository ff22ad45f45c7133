//! Why a line was left aside, or should be looked at.
use serde::{Deserialize, Serialize};

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $word:literal, $harmless:literal;)*) => {
        /// Why a line was left aside, or carried with a caution. Its text is `mdt-why-WORD`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Reason { $($(#[$doc])* #[serde(rename = $word)] $name,)* }
        impl Reason {
            /// All of them.
            pub const ALL: &'static [Reason] = &[$(Reason::$name,)*];
            /// Its word, in keys and in JSON.
            pub fn word(self) -> &'static str {
                match self { $(Reason::$name => $word,)* }
            }
            /// Whether nothing is lost by it.
            pub fn is_harmless(self) -> bool {
                match self { $(Reason::$name => $harmless,)* }
            }
        }
    };
}

reasons! {
    /// No property of MDT, and not declared in `Properties`.
    UnknownVariable = "unknown-variable", false;
    /// A script: `UserExit`, `#…#`, a command line.
    Script = "script", false;
    /// A value made of other variables.
    Variable = "variable", false;
    /// A query of a database.
    Database = "database", false;
    /// A call of a web service.
    WebService = "web-service", false;
    /// A kind of step that Socle does not have.
    StepType = "step-type", false;
    /// A condition that can't be said over facts.
    Condition = "condition", false;
    /// A section that no line of Priority leads to.
    Unreached = "unreached", false;
    /// Priority or Subsection names a section that is not there.
    NoSuchSection = "no-such-section", false;
    /// A task sequence of the list whose own file is missing or can't be read.
    NoSequence = "no-sequence", false;
    /// The same name stood before.
    Duplicate = "duplicate", false;
    /// A line before it always wins.
    Shadowed = "shadowed", true;
    /// It names nothing or gives no value.
    Empty = "empty", true;
    /// No `name=value`, no section, or XML that no reader knows.
    NotUnderstood = "not-understood", false;
    /// XML that can't be read.
    BrokenXml = "broken-xml", false;
    /// XML that declares a document type: it is refused unread.
    XmlDtd = "xml-dtd", false;
    /// Too long, too deep, too many.
    TooMuch = "too-much", false;
    /// A page that the rule would show and the unit's default hides.
    Widens = "widens", false;
    /// A page that only some machines skip: a unit takes a choice away, a rule does not.
    RuleFixes = "rule-fixes", false;
    /// One name for every machine.
    OneName = "one-name", false;
    /// A name that no machine may have.
    BadName = "bad-name", false;
    /// Which master a machine gets is chosen when its run is started.
    MasterChoice = "master-choice", false;
    /// An application that the share does not list.
    UnknownApplication = "unknown-application", false;
    /// What an application installs, and how.
    ApplicationContent = "application-content", false;
    /// A file of an operating system: capture an image instead.
    ImageFile = "image-file", false;
    /// Drivers.
    Drivers = "drivers", false;
    /// Encryption of the disk.
    Encryption = "encryption", false;
    /// What people have on the machine.
    UserState = "user-state", false;
    /// Backup of the machine before it is written.
    Backup = "backup", false;
    /// Roles and services of a Windows server.
    ServerRole = "server-role", false;
    /// Addresses of network cards.
    Network = "network", false;
    /// Windows updates.
    Updates = "updates", false;
    /// The layout of the disk: an image brings its own.
    Layout = "layout", true;
    /// Screen resolution.
    Display = "display", true;
    /// A capture of an image.
    Capture = "capture", false;
    /// An answer file of Windows' own set-up.
    AnswerFile = "answer-file", false;
    /// A page of the wizard that Socle has no need of.
    Page = "page", true;
    /// Something that only MDT needs.
    MdtOwn = "mdt-own", true;
    /// Dates, versions and numbers that MDT keeps for itself.
    Bookkeeping = "bookkeeping", true;
    /// Switched off in the share.
    Disabled = "disabled", true;
    /// It holds only where Socle is not: refresh, replace, media.
    NeverHere = "never-here", true;
    /// A restart that Socle's sequence does not need.
    Restart = "restart", true;
    /// A list of a kind that Socle does not read.
    OtherList = "other-list", false;
    /// A secret stands in a comment, or where nothing needs it.
    SecretAside = "secret-aside", false;
    /// Caution: the section's name may mean a model, a make or a serial number.
    Ambiguous = "ambiguous", true;
    /// Caution: in MDT lists of several sections add up.
    ListAdds = "list-adds", true;
    /// Caution: kept as an option; no step of the draft uses it yet.
    NoStep = "no-step", true;
}
