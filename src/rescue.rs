//! Brings every hidden container back without a daemon.
