//! How many connections each client address holds, when that is limited.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use crate::client_ip::limit_key;

/// Counts the connections of each client (an IPv4 address or an IPv6 /64 network).
#[derive(Clone, Debug)]
pub(super) struct PerClient {
    connections_max: usize,
    connections: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// One counted connection, until it is dropped.
#[derive(Debug)]
pub(super) struct Slot(Option<(PerClient, IpAddr)>);

impl PerClient {
    /// Creates the count; 0 is no limit and costs nothing.
    pub(super) fn new(connections_max: usize) -> Self {
        Self {
            connections_max,
            connections: Arc::default(),
        }
    }

    /// Returns `None` if the client has all its connections already.
    pub(super) fn admit(&self, client: IpAddr) -> Option<Slot> {
        if self.connections_max == 0 {
            return Some(Slot(None));
        }
        let client = limit_key(client);
        let mut connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        let count = connections.entry(client).or_default();
        if *count >= self.connections_max {
            return None;
        }
        *count += 1;
        Some(Slot(Some((self.clone(), client))))
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let Some((counted, client)) = self.0.take() else {
            return;
        };
        let mut connections = counted.connections.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = connections.get_mut(&client) {
            *count -= 1;
            if *count == 0 {
                connections.remove(&client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_gets_a_new_connection_when_one_of_its_own_ends_and_leaves_nothing_behind() {
        let counted = PerClient::new(1);
        let client = IpAddr::from([192, 0, 2, 1]);
        let slot = counted.admit(client);
        assert!(slot.is_some());
        assert!(counted.admit(client).is_none());
        assert!(counted.admit(IpAddr::from([192, 0, 2, 2])).is_some());
        drop(slot);
        assert!(counted.admit(client).is_some());
        assert!(counted.connections.lock().unwrap().is_empty());
    }
}
