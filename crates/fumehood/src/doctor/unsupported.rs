//! Where there is no backend yet: nothing is known.

use fumehood_policy::Policy;

use super::Examination;
use crate::{Error, Launcher, Sandbox};

/// Says that nothing can be tried, and why.
pub fn examine(policy: &Policy, _: &Launcher) -> Result<Examination, Error> {
    let error = match Sandbox::builder(policy.clone()).prepare() {
        Err(error) => error,
        Ok(_) => Error::Surroundings("there are no probes for this system yet".to_owned()),
    };
    Ok(Examination::in_trouble(&policy.profile, None, &error))
}
