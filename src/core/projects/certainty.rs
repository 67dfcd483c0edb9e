//! Is it certain which project is the active one?

/// Is it certain which project is the active one?
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Certainty {
    /// No tree has been seen yet.
    #[default]
    Unseen,
    /// Commands of a switch to this one may have been done, or not: the next tree tells. So it is
    /// after the connection broke, and if the daemon before this one did not finish the switch.
    Between(Option<String>),
    /// A tree was seen.
    Certain,
}
