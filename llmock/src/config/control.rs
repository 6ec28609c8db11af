//! The settings of what happens to messages and connections on their way, and of the sweep.

use llmock_rules::{Audio, FaultRule, Network, Problem, StreamRule, Sweep, Value};

use super::origin::{Origin, Sourced};
use super::reading::of_field;
use super::settings::{Settings, Wrong};

impl Settings {
    /// Adds what happens to messages and connections on their way.
    pub(super) fn add_control(
        &mut self,
        origin: &Origin,
        key: &'static str,
        value: Value<'_>,
    ) -> Result<(), Wrong> {
        let one = |problem| Wrong { key, index: 0, problem };
        match (key, value) {
            ("stream", Value::Fields(fields)) => {
                let rule = StreamRule::parse(fields).map_err(|wrong| of_field(key, wrong))?;
                return self.add(origin, key, Value::Stream(&rule));
            }
            ("stream", Value::Stream(rule)) => {
                let earlier = std::mem::take(&mut self.stream.value);
                self.stream = origin.of(rule.clone().or(earlier));
            }
            ("sweep", Value::Text(text)) => {
                self.sweep = origin.of(Sweep::parse(text).map_err(one)?);
            }
            ("audio", Value::Text(text)) => {
                self.audio = origin.of(Audio::parse(text).map_err(one)?);
            }
            ("network", Value::Text(text)) => {
                self.network = origin.of(Network::parse(text).map_err(one)?);
            }
            ("fault", Value::Fields(fields)) => {
                let rule = FaultRule::parse(fields).map_err(|wrong| of_field(key, wrong))?;
                return self.add(origin, key, Value::Fault(&rule));
            }
            ("fault", Value::Fault(rule)) => self.faults.push(origin.of(rule.clone())),
            _ => return Err(one(Problem::new("it has another form"))),
        }
        Ok(())
    }

    /// These settings as arguments of the attribute.
    pub(super) fn control_arguments<'a>(&'a self, all: &mut Vec<(String, &'a Origin)>) {
        if self.stream.value != StreamRule::default() {
            all.push((format!("stream({})", self.stream.value), &self.stream.origin));
        }
        for Sourced { value, origin } in &self.faults {
            all.push((format!("fault({value})"), origin));
        }
    }
}
