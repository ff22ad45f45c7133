//! How another DHCP server is told where machines load from (options 66 and 67), for the servers that are common. What is
//! to be written is theirs and the same in every language; what to do with it stands in the locales.
use crate::{
    Config,
    environment::{BIOS_LOADER, LOADER},
};
use socle_boot::Interface;
use socle_wire::diagnosis::{Recipe, Wire};

/// All of them, the likeliest first.
pub(super) fn all(config: &Config, wire: Option<&Wire>) -> Vec<Recipe> {
    let boot = &config.boot;
    let of = |name: &String| Interface::find(name).ok().map(|i| i.address);
    let address = boot.address.or_else(|| boot.interface.as_ref().and_then(of));
    let address = address.or_else(|| super::interface::candidates().first().map(|i| i.address));
    let address = address.map_or_else(|| "ADDRESS".to_string(), |a| a.to_string());
    let base = boot.url.clone().unwrap_or_else(|| format!("http://{address}:{}", boot.listen.port()));
    let base = base.trim_end_matches('/').to_string();
    let mut names = vec!["windows", "kea", "isc", "dnsmasq", "opnsense", "pfsense"];
    if wire.is_some_and(is_a_box) {
        names.rotate_left(4);
    }
    names.into_iter().map(|server| Recipe { server: server.into(), text: text(server, &address, &base) }).collect()
}

/// Who gives addresses is the router too: a firewall that does everything.
fn is_a_box(wire: &Wire) -> bool {
    wire.answers.iter().any(|a| a.offered.is_some() && a.options.get(&3).is_some_and(|r| *r == a.server.to_string()))
}

fn text(server: &str, address: &str, base: &str) -> String {
    let (script, http) = (format!("{base}/boot/boot.ipxe"), format!("{base}/boot/{LOADER}"));
    let text = match server {
        "dnsmasq" => DNSMASQ,
        "isc" => ISC,
        "kea" => KEA,
        "windows" => WINDOWS,
        "opnsense" => OPNSENSE,
        _ => PFSENSE,
    };
    let values =
        [("@ADDRESS", address), ("@BIOS", BIOS_LOADER), ("@UEFI", LOADER), ("@HTTP", &http), ("@SCRIPT", &script)];
    values.iter().fold(text.trim().to_string(), |text, (mark, value)| text.replace(mark, value))
}

const DNSMASQ: &str = "
dhcp-match=set:ipxe,175
dhcp-match=set:socle-bios,option:client-arch,0
dhcp-match=set:socle-uefi,option:client-arch,7
dhcp-match=set:socle-uefi,option:client-arch,9
dhcp-match=set:socle-http,option:client-arch,16
dhcp-boot=tag:ipxe,@SCRIPT
dhcp-boot=tag:!ipxe,tag:socle-bios,@BIOS,,@ADDRESS
dhcp-boot=tag:!ipxe,tag:socle-uefi,@UEFI,,@ADDRESS
dhcp-option-force=tag:!ipxe,tag:socle-http,60,HTTPClient
dhcp-boot=tag:!ipxe,tag:socle-http,@HTTP
";

const ISC: &str = r#"
option architecture code 93 = unsigned integer 16;
class "socle" {
  match if substring (option vendor-class-identifier, 0, 9) = "PXEClient";
  next-server @ADDRESS;
  if exists user-class and option user-class = "iPXE" {
    filename "@SCRIPT";
  } elsif option architecture = 0 {
    filename "@BIOS";
  } elsif option architecture = 7 or option architecture = 9 {
    filename "@UEFI";
  }
}
class "socle-http" {
  match if substring (option vendor-class-identifier, 0, 10) = "HTTPClient";
  option vendor-class-identifier "HTTPClient";
  filename "@HTTP";
}
"#;

const KEA: &str = r#"
"client-classes": [
  { "name": "socle-ipxe", "test": "option[77].text == 'iPXE'",
    "boot-file-name": "@SCRIPT" },
  { "name": "socle-bios", "test": "not member('socle-ipxe') and option[93].hex == 0x0000",
    "next-server": "@ADDRESS", "boot-file-name": "@BIOS" },
  { "name": "socle-uefi",
    "test": "not member('socle-ipxe') and (option[93].hex == 0x0007 or option[93].hex == 0x0009)",
    "next-server": "@ADDRESS", "boot-file-name": "@UEFI" },
  { "name": "socle-http", "test": "not member('socle-ipxe') and option[93].hex == 0x0010",
    "option-data": [ { "name": "vendor-class-identifier", "data": "HTTPClient" } ],
    "boot-file-name": "@HTTP" }
]
"#;

const WINDOWS: &str = r#"
Add-DhcpServerv4Class -Name "Socle BIOS" -Type Vendor -Data "PXEClient:Arch:00000"
Add-DhcpServerv4Class -Name "Socle UEFI 7" -Type Vendor -Data "PXEClient:Arch:00007"
Add-DhcpServerv4Class -Name "Socle UEFI 9" -Type Vendor -Data "PXEClient:Arch:00009"
Add-DhcpServerv4Policy -Name "Socle BIOS" -Condition OR -VendorClass EQ,"Socle BIOS*"
Add-DhcpServerv4Policy -Name "Socle UEFI" -Condition OR -VendorClass EQ,"Socle UEFI 7*","Socle UEFI 9*"
Set-DhcpServerv4OptionValue -PolicyName "Socle BIOS" -OptionId 66 -Value "@ADDRESS"
Set-DhcpServerv4OptionValue -PolicyName "Socle BIOS" -OptionId 67 -Value "@BIOS"
Set-DhcpServerv4OptionValue -PolicyName "Socle UEFI" -OptionId 66 -Value "@ADDRESS"
Set-DhcpServerv4OptionValue -PolicyName "Socle UEFI" -OptionId 67 -Value "@UEFI"
"#;

const OPNSENSE: &str = "
Services > ISC DHCPv4 > [LAN] > Network booting
  Enable network booting   yes
  Set next-server IP       @ADDRESS
  Set default bios filename           @BIOS
  Set x86 UEFI (32-bit) filename      (empty)
  Set x64 UEFI/EBC (64-bit) filename  @UEFI
  Set iPXE boot filename              @SCRIPT
";

const PFSENSE: &str = "
Services > DHCP Server > LAN > Network Booting
  Enable                    yes
  Next Server               @ADDRESS
  Default BIOS File Name    @BIOS
  UEFI 64 bit File Name     @UEFI
  UEFI HTTPBoot URL         @HTTP
  iPXE Boot Filename        @SCRIPT
";

#[cfg(test)]
mod tests {
    use super::*;
    use socle_domain::Timestamp;
    use socle_wire::diagnosis::DhcpAnswer;

    #[test]
    fn every_recipe_holds_our_address_and_both_classes() {
        let mut config = Config::default();
        config.boot.address = Some([10, 9, 8, 7].into());
        let recipes = all(&config, None);
        assert_eq!(recipes.len(), 6);
        for recipe in recipes {
            for wanted in ["10.9.8.7", BIOS_LOADER, LOADER] {
                assert!(recipe.text.contains(wanted), "{}: {wanted}", recipe.server);
            }
            assert!(!recipe.text.contains('@'), "{}", recipe.text);
        }
    }

    #[test]
    fn a_router_that_gives_addresses_is_likely_a_box() {
        let answer = DhcpAnswer {
            interface: "eth0".into(),
            asked_as: "uefi".into(),
            kind: "offer".into(),
            server: [10, 0, 0, 1].into(),
            from: [10, 0, 0, 1].into(),
            ours: false,
            offered: Some([10, 0, 0, 9].into()),
            next_server: None,
            file: String::new(),
            options: [(3, "10.0.0.1".to_string())].into(),
        };
        let wire = Wire { at: Timestamp::UNIX_EPOCH, interfaces: vec![], seconds: 1, answers: vec![answer] };
        assert_eq!(all(&Config::default(), Some(&wire))[0].server, "opnsense");
        assert_eq!(all(&Config::default(), None)[0].server, "windows");
    }
}
