//! Pages: typed contexts, templates, live events
