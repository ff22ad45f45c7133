//! The properties of MDT, and what each is in Socle.
use crate::{Kind, Reason};

/// A property that becomes an option.
pub(crate) struct Property {
    /// MDT's name of it, in lower case; for a list, without its number.
    pub mdt: &'static str,
    /// The option.
    pub option: &'static str,
    /// What it holds.
    pub shape: Shape,
    /// The page of the wizard on which it is chosen; none: it is never asked.
    pub page: Option<&'static str>,
}

/// What a property holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Text,
    Secret,
    List,
    Packages,
}

impl Shape {
    pub fn kind(self, packages: &[String]) -> Kind {
        match self {
            Shape::Text => Kind::Text,
            Shape::Secret => Kind::Secret,
            Shape::List => Kind::List,
            Shape::Packages => Kind::PackageSet { choices: packages.to_vec() },
        }
    }
    pub fn is_list(self) -> bool {
        matches!(self, Shape::List | Shape::Packages)
    }
}

const fn p(mdt: &'static str, option: &'static str, shape: Shape, page: &'static str) -> Property {
    let page = if page.is_empty() { None } else { Some(page) };
    Property { mdt, option, shape, page }
}

/// Those that become options.
pub(crate) const KNOWN: &[Property] = &[
    p("timezonename", "time_zone", Shape::Text, "skiptimezone"),
    p("keyboardlocale", "keyboard", Shape::Text, "skiplocaleselection"),
    p("inputlocale", "keyboard", Shape::Text, "skiplocaleselection"),
    p("uilanguage", "language", Shape::Text, "skiplocaleselection"),
    p("userlocale", "regional_format", Shape::Text, "skiplocaleselection"),
    p("systemlocale", "system_locale", Shape::Text, "skiplocaleselection"),
    p("joindomain", "domain", Shape::Text, "skipdomainmembership"),
    p("joinworkgroup", "workgroup", Shape::Text, "skipdomainmembership"),
    p("machineobjectou", "domain_unit", Shape::Text, "skipdomainmembership"),
    p("domainadmin", "domain_account", Shape::Text, "skipdomainmembership"),
    p("domainadmindomain", "domain_account_domain", Shape::Text, "skipdomainmembership"),
    p("domainadminpassword", "domain_password", Shape::Secret, "skipdomainmembership"),
    p("adminpassword", "administrator_password", Shape::Secret, "skipadminpassword"),
    p("productkey", "product_key", Shape::Secret, "skipproductkey"),
    p("overrideproductkey", "volume_key", Shape::Secret, "skipproductkey"),
    p("orgname", "organisation", Shape::Text, ""),
    p("_smstsorgname", "organisation", Shape::Text, ""),
    p("fullname", "registered_owner", Shape::Text, ""),
    p("home_page", "home_page", Shape::Text, ""),
    p("userpassword", "share_password", Shape::Secret, ""),
    p("bdepin", "disk_pin", Shape::Secret, ""),
    p("safemodeadminpassword", "directory_restore_password", Shape::Secret, ""),
    p("dbpwd", "database_password", Shape::Secret, ""),
    p("applications", "applications", Shape::Packages, "skipapplications"),
    p("mandatoryapplications", "mandatory_applications", Shape::Packages, ""),
    p("administrators", "administrators", Shape::List, "skipadminaccounts"),
    p("powerusers", "power_users", Shape::List, "skipadminaccounts"),
];

/// Pages of the wizard whose answer is kept otherwise, or of which Socle has no need.
const OTHER_PAGES: &[&str] = &[
    "skipappsonupgrade",
    "skipbddwelcome",
    "skipbitlocker",
    "skipcapture",
    "skipcomputerbackup",
    "skipdeploymenttype",
    "skipfinalsummary",
    "skippackagedisplay",
    "skiproles",
    "skipsummary",
    "skiptasksequence",
    "skipuserdata",
    "skipgroupsubfolders",
    "skiprearm",
    "skipreadinesscheck",
];

/// What is known of a property that does not become an option. The first that fits: a name, or a beginning with `*`.
const LEFT: &[(Reason, &[&str])] = &[
    (Reason::MasterChoice, &["tasksequenceid", "tasksequencename"]),
    (Reason::Encryption, &["bde*", "tpm*", "osdbitlocker*", "adbackup*", "isbde"]),
    (
        Reason::UserState,
        &["usmt*", "scanstate*", "loadstate*", "ud*", "userdatalocation", "statepath", "osdmigrate*", "osdstate*"],
    ),
    (Reason::Backup, &["computerbackuplocation", "backup*", "dobackup"]),
    (Reason::Capture, &["docapture", "capture*", "preparewinre", "wimfile"]),
    (Reason::Drivers, &["driver*"]),
    (Reason::Network, &["osdadapter*", "osdnetwork*", "networkadapter*"]),
    (Reason::Updates, &["wsus*", "wu*", "windowsupdate*"]),
    (Reason::Layout, &["osdpartition*", "osddisk*", "donotcreateextrapartition", "bootdrive", "destination*"]),
    (Reason::Display, &["xresolution", "yresolution", "bitsperpel", "vrefresh"]),
    (
        Reason::ServerRole,
        &[
            "osroles*",
            "osroleservices*",
            "osfeatures*",
            "dhcp*",
            "dns*",
            "adds*",
            "replica*",
            "childname",
            "parentdomaindnsname",
            "domainlevel",
            "forestlevel",
            "domainnetbiosname",
            "newdomain*",
            "sitename",
            "databasepath",
            "sysvolpath",
            "adlogpath",
            "autoconfigdns",
            "confirmgc",
            "criticalreplicationonly",
        ],
    ),
    (
        Reason::MdtOwn,
        &[
            "deployroot",
            "deploymentmethod",
            "deploymenttype",
            "hideshell",
            "finishaction",
            "osinstall",
            "userid",
            "userdomain",
            "_smsts*",
            "smsts*",
            "keyboardlocalepe",
            "wizardselectionprofile",
            "selectionprofile",
            "applicationsuccesscodes",
            "resource*",
            "logpath",
            "slshare*",
            "eventservice",
            "eventshare",
            "loguser*",
            "debug",
            "phase",
            "validatedomaincredentialsunc",
            "overridewizard",
            "psd*",
            "packages*",
            "packagegroup*",
            "role*",
            "disabletaskmgr",
            "allowelevation",
            "hpasset*",
            "osguid",
        ],
    ),
];

/// The property of this name, or of this list (`Applications003`).
pub(crate) fn known(name: &str) -> Option<&'static Property> {
    let name = name.to_lowercase();
    let exact = KNOWN.iter().find(|p| !p.shape.is_list() && p.mdt == name);
    exact.or_else(|| KNOWN.iter().find(|p| p.shape.is_list() && list_number(&name, p.mdt)))
}

/// Whether `name` is `base` and a number.
pub(crate) fn list_number(name: &str, base: &str) -> bool {
    let rest = name.strip_prefix(base);
    rest.is_some_and(|r| (1..=4).contains(&r.len()) && r.bytes().all(|b| b.is_ascii_digit()))
}

/// Whether a property is a page of the wizard whose choice becomes the latitude of options.
pub(crate) fn is_page(name: &str) -> bool {
    let name = name.to_lowercase();
    name == "skipwizard" || name == "skipcomputername" || KNOWN.iter().any(|p| p.page == Some(&name))
}

/// Why a property of MDT does not become an option; none: MDT has no such property.
pub(crate) fn left(name: &str) -> Option<Reason> {
    let name = name.to_lowercase();
    if name.starts_with("skip") || OTHER_PAGES.contains(&name.as_str()) {
        return Some(Reason::Page);
    }
    let fits = |pattern: &&str| match pattern.strip_suffix('*') {
        Some(begin) => name.starts_with(begin),
        None => name == *pattern,
    };
    LEFT.iter().find(|(_, names)| names.iter().any(|n| fits(&n))).map(|(reason, _)| *reason)
}

/// What makes a section a query of a database, and what such a section holds beside it.
pub(crate) const DATABASE: &[&str] = &["sqlserver", "database", "storedprocedure", "table", "sqlshare"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_are_told_apart() {
        assert_eq!(known("TimeZoneName").map(|p| p.option), Some("time_zone"));
        assert_eq!(known("Applications001").map(|p| p.option), Some("applications"));
        assert!(known("Applications").is_none() && known("ApplicationsX").is_none());
        assert_eq!(left("DriverGroup001"), Some(Reason::Drivers));
        assert_eq!(left("SkipSomethingNew"), Some(Reason::Page));
        assert_eq!(left("BDEInstall"), Some(Reason::Encryption));
        assert_eq!(left("Bananas"), None);
        assert!(is_page("SkipTimeZone") && is_page("SkipWizard") && !is_page("SkipSummary"));
        for p in KNOWN {
            assert_eq!(p.mdt, p.mdt.to_lowercase());
            assert!(p.page.is_none_or(|page| page.starts_with("skip")));
        }
    }
}
