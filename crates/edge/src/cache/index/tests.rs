use super::*;

const NOW: u64 = 1_000_000;

fn key(event: &str, number: u128) -> ObjectKey {
    ObjectKey {
        event: EventId::parse(event).unwrap(),
        id: ObjectId::of_number(number << 120 | number),
    }
}

fn fact(is_live: bool) -> Fact {
    Fact {
        bytes: 5000,
        stored_secs: NOW,
        used_secs: NOW,
        is_live,
    }
}

/// Everything in the order in which it goes.
fn order(index: &Index, now_secs: u64) -> Vec<u128> {
    let mut numbers = Vec::new();
    while let Some(victim) = index.pop_victim(now_secs) {
        numbers.push(u128::from_be_bytes(victim.key.id.to_bytes()) & 0xff);
    }
    numbers
}

#[test]
fn sizes_are_counted_in_blocks_and_come_to_nothing_when_everything_has_gone() {
    let index = Index::default();
    for number in 0..100 {
        index.insert(&key("a", number), fact(number % 2 == 0), false);
        index.insert(&key("a", number), fact(false), number % 3 == 0);
    }
    assert_eq!(
        (index.bytes(), index.objects(), index.events()),
        (100 * 8192, 100, 1)
    );
    index.clear();
    assert_eq!((index.bytes(), index.objects(), index.events()), (0, 0, 0));
}

#[test]
fn what_was_used_gets_another_round_and_what_is_live_goes_last() {
    let index = Index::default();
    // All in one part: the order within it is what counts.
    for number in [0x00, 0x40, 0x80, 0xc0] {
        index.insert(&key("a", number), fact(number == 0x40), false);
    }
    index.touch(key("a", 0x00).id, NOW);
    assert_eq!(order(&index, NOW), [0x80, 0xc0, 0x00, 0x40]);
}

#[test]
fn what_was_live_and_is_unused_for_an_hour_goes_with_the_rest() {
    let index = Index::default();
    index.insert(&key("a", 0x00), fact(true), false);
    index.insert(&key("a", 0x40), fact(false), false);
    assert_eq!(order(&index, NOW + 3_600), [0x00, 0x40]);
}

#[test]
fn old_objects_and_emptied_events_leave_and_nothing_else_does() {
    let index = Index::default();
    for number in 0..10 {
        let stored_secs = NOW + u64::try_from(number).unwrap();
        index.insert(
            &key("a", number),
            Fact {
                stored_secs,
                ..fact(false)
            },
            false,
        );
        index.insert(&key("b", number + 100), fact(true), false);
    }
    let (mut cursor, mut taken) = (Cursor::default(), Vec::new());
    while let Some(ids) = index.older(NOW + 5, &mut cursor) {
        taken.extend(ids.into_iter().filter_map(|id| index.take(id, NOW + 5)));
    }
    assert_eq!(taken.len(), 5 + 10);
    assert_eq!(index.take(key("a", 7).id, NOW + 5), None);
    index.insert(&key("b", 200), fact(false), false);
    index.remove_event(&EventId::parse("a").unwrap());
    index.remove_event(&EventId::parse("none").unwrap());
    assert_eq!((index.objects(), index.events()), (1, 1));
    assert_eq!(index.pop_victim(NOW).unwrap().key.event.as_str(), "b");
}

#[test]
fn use_is_noted_on_the_disk_once_an_hour() {
    let index = Index::default();
    index.insert(&key("a", 1), fact(false), false);
    let hour = NOW / 3_600 * 3_600;
    let noted: Vec<bool> = [NOW, NOW + 1, hour + 3_600, hour + 3_601]
        .map(|now| index.touch(key("a", 1).id, now))
        .into();
    assert_eq!(noted, [false, false, true, false]);
    assert!(!index.touch(key("a", 2).id, NOW));
}

#[test]
fn what_is_in_use_stays_however_often_room_is_made_meanwhile() {
    let index = Index::default();
    for number in 0..20 {
        index.insert(&key("a", number), fact(false), false);
    }
    // All are used; the first again and again, but rarely compared with how often room is made.
    for number in 0..20 {
        index.touch(key("a", number).id, NOW);
    }
    for step in 0..500 {
        let now = NOW + step / 20;
        if step.is_multiple_of(20) {
            index.touch(key("a", 0).id, now);
        }
        index.insert(&key("b", 100 + u128::from(step)), fact(false), false);
        let victim = index.pop_victim(now).unwrap();
        assert_ne!(victim.key, key("a", 0), "{step}");
    }
}

#[test]
fn what_was_used_longest_ago_goes_first_though_the_disk_has_it_in_another_order() {
    let index = Index::default();
    // As after a start: all in one part, and none was used by this process.
    for number in [5, 1, 3, 0, 2, 4] {
        let used_secs = NOW + u64::try_from(number).unwrap();
        let fact = Fact {
            used_secs,
            ..fact(false)
        };
        index.insert(&key("a", number * 0x40), fact, false);
    }
    let left = std::iter::from_fn(|| index.pop_victim(NOW)).map(|victim| victim.fact.used_secs - NOW);
    assert!(left.eq(0..6));
}

#[test]
fn what_is_stored_anew_has_its_turn_as_new_and_only_once() {
    let index = Index::default();
    index.insert(&key("a", 0x00), fact(false), false);
    index.insert(&key("a", 0x40), fact(false), false);
    index.insert(&key("a", 0x00), fact(false), false);
    index.insert(&key("a", 0x00), fact(true), false);
    assert_eq!(order(&index, NOW), [0x40, 0x00]);
}

#[test]
fn what_all_use_for_hours_does_not_keep_the_segments_behind_it_live() {
    let index = Index::default();
    for number in [0x00, 0x40, 0x80] {
        index.insert(&key("a", number), fact(number < 0x80), false);
    }
    index.touch(key("a", 0x00).id, NOW + 3_600);
    assert_eq!(order(&index, NOW + 3_601), [0x40, 0x80, 0x00]);
}

#[test]
fn a_part_finds_chains_and_forgets_as_a_plain_list_does() {
    let index = Index::default();
    let mut expected: Vec<u128> = Vec::new();
    // All in one part, in and out in an order without a pattern.
    let mut random = 1_u64;
    for _ in 0..20_000 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let number = u128::from(random >> 33) % 300;
        let id = ObjectId::of_number(number);
        let known = expected.iter().position(|other| *other == number);
        if random >> 62 == 0 {
            let taken = index.take(id, NOW + 1).map(|victim| victim.key.id);
            assert_eq!(taken, known.map(|_| id));
        } else {
            let event = EventId::parse("a").unwrap();
            index.insert(&ObjectKey { event, id }, fact(false), false);
        }
        if let Some(place) = known {
            expected.remove(place);
        }
        if random >> 62 != 0 {
            expected.push(number);
        }
    }
    assert_eq!(index.objects(), expected.len() as u64);
    let left = std::iter::from_fn(|| index.pop_victim(NOW)).map(|victim| victim.key.id);
    assert!(left.eq(expected.into_iter().map(ObjectId::of_number)));
}

#[test]
fn places_of_removed_objects_are_used_again() {
    let index = Index::default();
    for number in 0..20_000u128 {
        index.insert(&key("a", number % 7), fact(number % 2 == 0), false);
        if number % 3 == 0 {
            index.pop_victim(NOW);
        }
    }
    let looks =
        |mut cursor| std::iter::from_fn(move || Some(())).map_while(move |()| index.older(0, &mut cursor));
    assert_eq!(
        looks(Cursor::default()).count(),
        PARTS,
        "no part has more places than one search looks at"
    );
}
