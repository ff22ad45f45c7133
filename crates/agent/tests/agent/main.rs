//! The agent: its words on the wire, its screen, and whole runs against a server in memory.
mod dhcp;
mod engine;
mod folder;
mod http;
mod kit;
mod links;
mod machine;
mod old_disks;
mod options;
mod pages;
mod resets;
mod screen;
mod wizard;
