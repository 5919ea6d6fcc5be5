//! Not written yet: see docs/ARCHITECTURE.md for what belongs here.
