//! Kinds of steps, and MDT's own scripts.
use crate::{
    Reason,
    tree::{attribute, elements, tag, text},
};
use roxmltree::Node;

/// What a step is in Socle.
#[derive(Debug, PartialEq)]
pub(super) enum Step {
    Validate,
    Partition,
    Install,
    Reboot,
    SetVariable,
    Left(Reason),
}

/// Kinds of steps, in lower case.
const TYPES: &[(&str, Step)] = &[
    ("bdd_validate", Step::Validate),
    ("sms_tasksequence_partitiondiskaction", Step::Partition),
    ("bdd_installos", Step::Install),
    ("sms_tasksequence_rebootaction", Step::Reboot),
    ("sms_tasksequence_setvariableaction", Step::SetVariable),
    ("bdd_gather", Step::Left(Reason::MdtOwn)),
    ("bdd_injectdrivers", Step::Left(Reason::Drivers)),
    ("bdd_installapplication", Step::Left(Reason::ApplicationContent)),
    ("bdd_installroles", Step::Left(Reason::ServerRole)),
    ("bdd_uninstallroles", Step::Left(Reason::ServerRole)),
    ("bdd_configureadds", Step::Left(Reason::ServerRole)),
    ("bdd_configuredns", Step::Left(Reason::ServerRole)),
    ("bdd_configuredhcp", Step::Left(Reason::ServerRole)),
    ("bdd_authorizedhcp", Step::Left(Reason::ServerRole)),
    ("bdd_enablebitlocker", Step::Left(Reason::Encryption)),
    ("sms_tasksequence_enablebitlockeraction", Step::Left(Reason::Encryption)),
    ("sms_tasksequence_disablebitlockeraction", Step::Left(Reason::Encryption)),
    ("sms_tasksequence_captureuserstateaction", Step::Left(Reason::UserState)),
    ("sms_tasksequence_applynetworksettingsaction", Step::Left(Reason::Network)),
    ("sms_tasksequence_capturenetworksettingsaction", Step::Left(Reason::Network)),
];

/// MDT's own scripts: what a command line that calls one of them is about.
const SCRIPTS: &[(&str, Reason)] = &[
    ("ztigather", Reason::MdtOwn),
    ("ztitatoo", Reason::MdtOwn),
    ("ztinextphase", Reason::MdtOwn),
    ("lticleanup", Reason::MdtOwn),
    ("lticopyscripts", Reason::MdtOwn),
    ("ztiwindowsupdate", Reason::Updates),
    ("ztipatches", Reason::Updates),
    ("ztiapplications", Reason::ApplicationContent),
    ("ztidrivers", Reason::Drivers),
    ("ztibde", Reason::Encryption),
    ("ztidisablebde", Reason::Encryption),
    ("ztiuserstate", Reason::UserState),
    ("ztimoveuserdata", Reason::UserState),
    ("ztigroups", Reason::UserState),
    ("ztibackup", Reason::Backup),
    ("lticapture", Reason::Capture),
    ("ltisysprep", Reason::Capture),
    ("zticonfigure", Reason::AnswerFile),
    ("ztiosrole", Reason::ServerRole),
    ("zticonfigureadds", Reason::ServerRole),
    ("ztinicconfig", Reason::Network),
    ("ztinicutility", Reason::Network),
];

impl Step {
    pub fn of(node: Node) -> Step {
        let kind = attribute(node, "type").to_lowercase();
        if let Some((_, step)) = TYPES.iter().find(|(name, _)| *name == kind) {
            return match step {
                Step::Left(reason) => Step::Left(*reason),
                Step::Validate => Step::Validate,
                Step::Partition => Step::Partition,
                Step::Install => Step::Install,
                Step::Reboot => Step::Reboot,
                Step::SetVariable => Step::SetVariable,
            };
        }
        let is_command = kind.is_empty() || kind.contains("runcommandline") || kind.contains("powershell");
        if !is_command {
            return Step::Left(Reason::StepType);
        }
        let action = elements(node).find(|a| tag(*a) == "action").map_or("", text).to_lowercase();
        let own = SCRIPTS.iter().find(|(script, _)| action.contains(&format!("{script}.")));
        Step::Left(own.map_or(Reason::Script, |(_, reason)| *reason))
    }
}
