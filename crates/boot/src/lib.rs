//! Starting machines: DHCP, ProxyDHCP, TFTP, HTTP boot
