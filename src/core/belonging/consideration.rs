//! What one claim says of a window.

use std::borrow::Cow;

use crate::api::Claim;
use crate::core::windows::window::Owner;

/// One claim, and what it says of a window.
pub(in crate::core) struct Consideration {
    /// Which claim it is.
    pub claim: Claim,
    /// Its name for people.
    pub name: &'static str,
    /// The number of the rule, from 1, and its line.
    pub rule: Option<(usize, usize)>,
    /// What it says.
    pub said: Said,
}

impl Consideration {
    pub(in crate::core) fn new(claim: Claim, name: &'static str, said: Said) -> Consideration {
        Consideration { claim, name, rule: None, said }
    }
}

/// What a claim says of a window.
pub(in crate::core) enum Said {
    /// Whose it is, and what exactly says so.
    Owner(Owner, Option<String>),
    /// Nothing, because it has nothing to do with such a window.
    NotApplicable(&'static str),
    /// Nothing, though it was looked at.
    No(Cow<'static, str>),
    /// Nothing: this key of the rule does not fit.
    Misfit(&'static str),
    /// What the X server says of this window must be known first.
    AskX11(u32),
    /// The environment of this process must be known first.
    AskProcess(u32),
    /// An answer is on its way.
    Wait,
}

impl Said {
    /// Does it decide, or must something be known first? Those after it are not even asked.
    pub(in crate::core) fn speaks(&self) -> bool {
        !matches!(self, Said::NotApplicable(_) | Said::No(_) | Said::Misfit(_))
    }
}
