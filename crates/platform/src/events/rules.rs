//! What a valid event is.

use serde::Deserialize;
use streamgate_contract::time::UnixMillis;
use utoipa::ToSchema;

use super::web_address::{Scheme, web_url};
use super::{DevicePolicy, EventPlan};
use crate::error::ApiError;
use crate::fields::{Field, FieldErrors, integer, long_text, short_text};

/// Longest title, in characters.
pub const TITLE_CHARS_MAX: usize = 200;
/// Longest description, in characters.
pub const DESCRIPTION_CHARS_MAX: usize = 5_000;
/// Access window of events that name none.
pub const ACCESS_WINDOW_HOURS_DEFAULT: i64 = 48;
/// Longest access window: a week.
pub const ACCESS_WINDOW_HOURS_MAX: i64 = 168;

/// The body of a create or edit request, as it came. Other members than these are refused.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EventForm {
    /// 1 to 200 characters after trimming.
    #[serde(default)]
    #[schema(value_type = String, required = true, min_length = 1, max_length = 200)]
    title: Field,
    /// At most 5,000 characters.
    #[serde(default)]
    #[schema(value_type = Option<String>, required = false, max_length = 5000)]
    description: Field,
    /// Upstream base for this event; http or https, without user name and password.
    #[serde(default)]
    #[schema(value_type = Option<String>, required = false, format = "uri")]
    stream_url: Field,
    /// Address of the poster; https, or http when this site itself is http.
    #[serde(default)]
    #[schema(value_type = Option<String>, required = false, format = "uri")]
    poster_url: Field,
    /// RFC 3339.
    #[serde(default)]
    #[schema(value_type = String, required = true, format = DateTime)]
    starts_at: Field,
    /// RFC 3339, after `startsAt`.
    #[serde(default)]
    #[schema(value_type = String, required = true, format = DateTime)]
    ends_at: Field,
    /// 1 to 168, default 48.
    #[serde(default)]
    #[schema(value_type = Option<i64>, required = false, minimum = 1, maximum = 168)]
    access_window_hours: Field,
    /// Default `block`.
    #[serde(default)]
    #[schema(value_type = Option<DevicePolicy>, required = false)]
    device_policy: Field,
}

impl EventForm {
    /// Validates all fields; `before` is the event that is edited, whose omitted optional fields keep their value.
    ///
    /// `site_is_https` forbids posters over http, which browsers would not show.
    pub fn validate(&self, before: Option<&EventPlan>, site_is_https: bool) -> Result<EventPlan, ApiError> {
        let mut errors = FieldErrors::default();
        let title = errors.check("title", title(&self.title));
        let description = errors.check(
            "description",
            kept(&self.description, before.map(|plan| &plan.description), |field| {
                long_text(field, DESCRIPTION_CHARS_MAX)
            }),
        );
        let stream_url = errors.check(
            "streamUrl",
            kept(&self.stream_url, before.map(|plan| &plan.stream_url), |field| {
                web_url(field, Scheme::Any)
            }),
        );
        let poster_scheme = if site_is_https { Scheme::Https } else { Scheme::Any };
        let poster_url = errors.check(
            "posterUrl",
            kept(&self.poster_url, before.map(|plan| &plan.poster_url), |field| {
                web_url(field, poster_scheme)
            }),
        );
        let starts_at = errors.check("startsAt", time(&self.starts_at));
        let ends_at = errors.check("endsAt", time(&self.ends_at));
        if let (Some(starts_at), Some(ends_at)) = (starts_at, ends_at)
            && ends_at <= starts_at
        {
            errors.add("endsAt", "Must be after the start.");
        }
        let access_window_hours = errors.check(
            "accessWindowHours",
            kept(
                &self.access_window_hours,
                before.map(|plan| &plan.access_window_hours),
                |field| {
                    let hours = integer(field, 1, ACCESS_WINDOW_HOURS_MAX)?;
                    Ok(hours.unwrap_or(ACCESS_WINDOW_HOURS_DEFAULT))
                },
            ),
        );
        let device_policy = errors.check(
            "devicePolicy",
            kept(
                &self.device_policy,
                before.map(|plan| &plan.device_policy),
                device_policy,
            ),
        );
        let plan = (|| {
            Some(EventPlan {
                title: title?,
                description: description?,
                stream_url: stream_url?,
                poster_url: poster_url?,
                starts_at: starts_at?,
                ends_at: ends_at?,
                access_window_hours: access_window_hours?,
                device_policy: device_policy?,
            })
        })();
        plan.filter(|_| errors.is_empty())
            .ok_or_else(|| errors.into_refusal())
    }
}

/// Reads a field, or returns what the event had before if the field is omitted.
fn kept<T: Clone>(
    field: &Field,
    before: Option<&T>,
    read: impl FnOnce(&Field) -> Result<T, String>,
) -> Result<T, String> {
    match before {
        Some(before) if !field.is_given() => Ok(before.clone()),
        _ => read(field),
    }
}

fn title(field: &Field) -> Result<String, String> {
    short_text(field, TITLE_CHARS_MAX)?.ok_or_else(|| "Is required.".to_owned())
}

fn time(field: &Field) -> Result<UnixMillis, String> {
    let value = field.value().ok_or("Is required.")?;
    let text = value.as_str().unwrap_or_default();
    UnixMillis::parse_iso(text).map_err(|_| "Must be a time such as 2026-11-24T18:30:00Z.".to_owned())
}

fn device_policy(field: &Field) -> Result<DevicePolicy, String> {
    let Some(value) = field.value() else {
        return Ok(DevicePolicy::default());
    };
    let policy = value.as_str().and_then(DevicePolicy::parse);
    policy.ok_or_else(|| "Must be \"block\" or \"takeover\".".to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::EventForm;
    use crate::error::ApiError;
    use crate::events::{DevicePolicy, EventPlan};

    fn form(body: Value) -> EventForm {
        serde_json::from_value(body).unwrap()
    }

    fn valid_with(name: &str, value: Value) -> EventForm {
        let mut body = json!({
            "title": " Gala ", "startsAt": "2026-11-24T18:00:00Z", "endsAt": "2026-11-24T20:00:00+00:00"
        });
        body[name] = value;
        form(body)
    }

    fn plan() -> EventPlan {
        valid_with("description", json!("Evening"))
            .validate(None, true)
            .unwrap()
    }

    fn wrong_fields(form: &EventForm, site_is_https: bool) -> Vec<&'static str> {
        match form.validate(None, site_is_https) {
            Err(ApiError::ValidationFailed(fields)) => fields.into_keys().collect(),
            Err(other) => panic!("another refusal: {other}"),
            Ok(_) => Vec::new(),
        }
    }

    #[test]
    fn all_wrong_fields_are_told_at_once_by_their_json_names() {
        let form = form(json!({
            "title": "  ", "description": 5, "streamUrl": "ftp://a", "posterUrl": "javascript:alert(1)",
            "startsAt": "2026-02-30T00:00:00Z", "endsAt": true, "accessWindowHours": 1.5, "devicePolicy": "all"
        }));
        assert_eq!(
            wrong_fields(&form, true),
            [
                "accessWindowHours",
                "description",
                "devicePolicy",
                "endsAt",
                "posterUrl",
                "startsAt",
                "streamUrl",
                "title"
            ]
        );
    }

    #[test]
    fn title_and_schedule_are_required_and_the_rest_has_defaults() {
        assert_eq!(
            wrong_fields(&form(json!({})), true),
            ["endsAt", "startsAt", "title"]
        );
        let plan = valid_with("description", Value::Null)
            .validate(None, true)
            .unwrap();
        assert_eq!((plan.title.as_str(), plan.access_window_hours), ("Gala", 48));
        assert_eq!(plan.device_policy, DevicePolicy::Block);
        assert_eq!(plan.description, None);
    }

    // I-16
    #[test]
    fn texts_are_measured_in_characters_at_the_edge_of_their_limit() {
        assert!(wrong_fields(&valid_with("title", json!("é".repeat(200))), true).is_empty());
        assert_eq!(
            wrong_fields(&valid_with("title", json!("é".repeat(201))), true),
            ["title"]
        );
        assert_eq!(wrong_fields(&valid_with("title", json!("a\0b")), true), ["title"]);
        assert!(wrong_fields(&valid_with("description", json!("ü".repeat(5_000))), true).is_empty());
        assert_eq!(
            wrong_fields(&valid_with("description", json!("ü".repeat(5_001))), true),
            ["description"]
        );
        assert!(wrong_fields(&valid_with("description", json!("two\nlines")), true).is_empty());
    }

    #[test]
    fn an_event_ends_after_it_starts() {
        assert_eq!(
            wrong_fields(&valid_with("endsAt", json!("2026-11-24T18:00:00Z")), true),
            ["endsAt"]
        );
        assert!(wrong_fields(&valid_with("endsAt", json!("2026-11-24T18:00:00.001Z")), true).is_empty());
    }

    #[test]
    fn access_windows_are_whole_hours_from_one_to_a_week() {
        for hours in [json!(1), json!(168)] {
            assert!(wrong_fields(&valid_with("accessWindowHours", hours), true).is_empty());
        }
        for hours in [
            json!(0),
            json!(169),
            json!(-1),
            json!("48"),
            json!(48.5),
            json!(1e300),
        ] {
            assert_eq!(
                wrong_fields(&valid_with("accessWindowHours", hours), true),
                ["accessWindowHours"]
            );
        }
    }

    // I-02
    #[test]
    fn a_poster_may_be_http_only_where_the_site_is() {
        let http = valid_with("posterUrl", json!("http://example.com/a.jpg"));
        assert_eq!(wrong_fields(&http, true), ["posterUrl"]);
        assert!(wrong_fields(&http, false).is_empty());
    }

    #[test]
    fn an_edit_keeps_omitted_optional_fields_and_clears_nulls() {
        let before = plan();
        let times = json!({
            "title": "New", "startsAt": "2026-11-24T18:00:00Z", "endsAt": "2026-11-24T20:00:00Z"
        });
        let kept = form(times.clone()).validate(Some(&before), true).unwrap();
        assert_eq!(
            (kept.title.as_str(), kept.description.as_deref()),
            ("New", Some("Evening"))
        );
        let mut clearing = times;
        clearing["description"] = Value::Null;
        assert_eq!(
            form(clearing).validate(Some(&before), true).unwrap().description,
            None
        );
    }

    #[test]
    fn members_that_are_not_the_organisers_are_refused() {
        for member in ["id", "isActive", "createdAt", "tokenCount", "Title"] {
            assert!(
                serde_json::from_value::<EventForm>(json!({ member: 1 })).is_err(),
                "{member}"
            );
        }
    }
}
