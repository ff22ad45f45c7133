//! Every message between server, agent and command line
