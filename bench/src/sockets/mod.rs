//! Askers that cost less than what they measure: bare sockets that one thread watches, without a task or an allocation for
//! each answer. What wrk cannot do is asked with these: a fixed rate, thousands at the same moment, idle crowds.

mod asker;
mod full;
mod rate;
mod volley;

pub(crate) use asker::request;
pub(crate) use full::at_full_load;
pub(crate) use rate::{Rate, at_rate};
pub(crate) use volley::{idle, volley};
