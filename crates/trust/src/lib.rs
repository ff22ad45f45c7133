//! Keys, signatures, the embedded CA, sessions
