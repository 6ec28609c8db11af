//! The mistakes: what somebody did, and the words that tell it.

/// A mistake that a test of the museum makes.
#[expect(clippy::struct_excessive_bools, reason = "each says what is special about one test")]
#[derive(Debug)]
pub(super) struct Mistake {
    /// The test program, and the test in it.
    pub(super) program: &'static str,
    pub(super) test: &'static str,
    /// What somebody did.
    pub(super) done: &'static str,
    /// Words without which the output does not name the cause.
    pub(super) cause: &'static [&'static str],
    /// Variables of the shell in which the test runs.
    pub(super) env: &'static [(&'static str, &'static str)],
    /// The fixture, and what happened to it since it was recorded.
    pub(super) fixture: Option<(&'static str, Change)>,
    /// Records from a provider that refuses.
    pub(super) records: bool,
    /// The test passes and prints a note.
    pub(super) passes: bool,
    /// Needs the other tests of its module in the same process.
    pub(super) together: bool,
    /// Is recorded before the mistake is made.
    pub(super) recorded: bool,
}

/// What happened to a fixture.
#[derive(Clone, Copy, Debug)]
pub(super) enum Change {
    Removed,
    Replaced(&'static str, &'static str),
    Text(&'static str),
}

const NONE: Mistake = Mistake {
    program: "visits",
    test: "",
    done: "",
    cause: &[],
    env: &[],
    fixture: None,
    records: false,
    passes: false,
    together: false,
    recorded: true,
};

const fn at(test: &'static str, done: &'static str, cause: &'static [&'static str]) -> Mistake {
    Mistake { test, done, cause, ..NONE }
}

impl Mistake {
    const fn env(self, env: &'static [(&'static str, &'static str)]) -> Self {
        Self { env, ..self }
    }

    const fn fixture(self, path: &'static str, change: Change) -> Self {
        Self { fixture: Some((path, change)), ..self }
    }

    /// The test is recorded while the mistake is made.
    const fn records(self) -> Self {
        Self { records: true, ..self }
    }

    const fn passes(self) -> Self {
        Self { passes: true, ..self }
    }

    const fn together(self) -> Self {
        Self { together: true, ..self }
    }

    const fn never_recorded(self) -> Self {
        Self { recorded: false, ..self }
    }

    const fn annex(self) -> Self {
        Self { program: "annex", ..self }
    }
}

/// Groups of mistakes, each with a page of outputs.
pub(super) const GROUPS: &[(&str, &[Mistake])] = &[
    ("prompts", PROMPTS),
    ("letters", LETTERS),
    ("fields", FIELDS),
    ("order", ORDER),
    ("counts", COUNTS),
    ("fixtures", FIXTURES),
    ("lines", LINES),
    ("providers", PROVIDERS),
    ("studio", STUDIO),
];

const PROMPTS: &[Mistake] = &[
    at(
        "prompts::describes_the_wing",
        "a word of the user's prompt changed",
        &["tests/visits/fixtures/prompts/wing.json", "west wing", "east wing", "messages[1]"],
    ),
    at(
        "prompts::speaks_with_one_voice",
        "the system prompt changed",
        &[
            "tests/visits/fixtures/prompts/voice.json",
            "never mention the gift shop",
            "messages[0]",
            "system",
        ],
    ),
    at(
        "prompts::knows_the_hour",
        "the prompt holds the time",
        &["prompts/hour.json", "2026-03-02T08:30:00Z", "2026-07-19T16:45:12Z", "normalize("],
    ),
    at(
        "prompts::numbers_the_visit",
        "the prompt holds a random id",
        &["prompts/visit.json", "0d9c6f3e-77b1-4c0a-9e55-2f1b8a64d310", "normalize("],
    ),
    at(
        "prompts::begs_for_silence",
        "the test was renamed, and a word of its prompt changed",
        &["prompts/silence.json", "Ask the", "Beg the", "prompts::asks_for_silence"],
    )
    .never_recorded(),
    at(
        "prompts::answers_in_any_case",
        "a word changed, and a loop with a fallback hides three misses",
        &["3 requests", "prompts/cloakroom.json", "rucksack", "suitcase"],
    ),
    at(
        "prompts::answers_with_a_number_in_any_case",
        "a new id in each of three tries that a fallback hides",
        &["3 requests", "prompts/lost.json", "0d9c6f3e-77b1-4c0a-9e55-2f1b8a64d310", "normalize("],
    ),
    at(
        "prompts::returns_what_the_guide_returns",
        "a word changed in a test that returns a Result",
        &["prompts/ticket.json", "still valid"],
    ),
    at(
        "prompts::has_the_attribute_below",
        "a word changed, and the attribute is below tokio's",
        &["prompts/below.json", "sculptor", "painter"],
    ),
    at(
        "opens_the_annex",
        "a word changed in a member of the workspace",
        &["annex/tests/fixtures/annex.json", "Open the annex.", "Open the orangery.", "-p annex"],
    )
    .annex(),
    at(
        "prompts::reads_the_catalogue",
        "a word in the middle of 60 kB changed",
        &["prompts/catalogue.json", "marble", "bronze"],
    ),
    at(
        "prompts::answers_five_questions",
        "the fourth of five prompts is another one",
        &["prompts/five.json", "4th", "Is there a lift?", "sonnet"],
    ),
    at(
        "prompts::compares_by_rules",
        "a word changed in a test with rules",
        &["prompts/rules.json", "List the donors.", "List all the donors."],
    ),
    at(
        "prompts::writes_a_label",
        "a word of an Anthropic prompt changed",
        &["prompts/label.json", "blue", "green", "/v1/messages"],
    ),
    at(
        "prompts::keeps_the_diary",
        "a date in the system prompt and an id in the user's",
        &[
            "prompts/diary.json",
            "2026-03-02",
            "2026-07-19",
            "messages[0]",
            "messages[1]",
            "normalize(",
        ],
    ),
    at(
        "prompts::writes_the_receipt",
        "a date and an id in one prompt",
        &["prompts/receipt.json", "2026-03-02", "2026-07-19", "normalize("],
    ),
];

const LETTERS: &[Mistake] = &[
    at(
        "prompts::reads_a_list",
        "a space at the end of a line",
        &["prompts/list.json", "Sort by age:", "space"],
    ),
    at(
        "prompts::reads_accents",
        "accents are characters of their own",
        &["prompts/accents.json", "COMBINING ACUTE ACCENT"],
    ),
    at(
        "prompts::reads_a_space",
        "a space that does not break",
        &["prompts/space.json", "NO-BREAK SPACE"],
    ),
    at(
        "prompts::reads_quotes",
        "a typographic apostrophe and dash",
        &["prompts/quotes.json", "painter's", "painter\u{2019}s", "\u{2013}"],
    ),
    at(
        "prompts::reads_to_the_end",
        "a line break at the end",
        &["prompts/end.json", "at noon?", "\\n"],
    ),
    at(
        "prompts::reads_the_alphabet",
        "a Cyrillic letter that looks Latin",
        &["prompts/alphabet.json", "CYRILLIC"],
    ),
    at(
        "prompts::reads_from_left_to_right",
        "a control character that turns the direction of writing",
        &["prompts/direction.json", "RIGHT-TO-LEFT OVERRIDE"],
    ),
];

const FIELDS: &[Mistake] = &[
    at(
        "fields::stays_calm",
        "another temperature",
        &["fields/temperature.json", "$.temperature", "0.2", "0.9"],
    ),
    at(
        "fields::keeps_its_model",
        "another model",
        &["fields/model.json", "$.model", "guide-1", "guide-2-mini"],
    ),
    at("fields::answers_in_one_piece", "a stream", &["fields/stream.json", "$.stream", "true"]),
    at(
        "fields::keeps_it_short",
        "a longer answer is allowed",
        &["fields/length.json", "$.max_completion_tokens", "60", "90"],
    ),
    at(
        "fields::answers_in_prose",
        "the answer shall be JSON, with a seed",
        &["fields/format.json", "$.response_format", "json_object", "$.seed", "11"],
    ),
    at(
        "fields::counts_in_numbers",
        "a number became a text",
        &["fields/number.json", "$.top_logprobs", "4", "\"4\""],
    ),
    at(
        "fields::places_a_work",
        "another input of an embedding",
        &["fields/vector.json", "/v1/embeddings", "sailor", "miller"],
    ),
    at("fields::describes_a_picture", "another picture", &["fields/picture.json", "image/png"]),
    at(
        "fields::stays_the_same",
        "everything changed",
        &["fields/everything.json", "guide-3-large", "You sell souvenirs.", "narrow corridor"],
    ),
    at(
        "tours::plans_for_rain",
        "one more tool",
        &["tours/umbrella.json", "lend_umbrella", "tools"],
    ),
    at(
        "tours::plans_for_a_class",
        "two tools changed places",
        &["tours/swapped.json", "opening_hours", "moved", "tools"],
    ),
    at(
        "tours::plans_for_a_collector",
        "a parameter of a tool got a description",
        &["tours/described.json", "reserve_slot", "work.description", "The title on the label"],
    ),
    at(
        "tours::plans_by_the_hours",
        "a tool had another result in a later turn",
        &["tours/hours.json", "opening_hours", "18:00", "17:30", "3rd"],
    ),
    at(
        "tours::plans_by_the_hours_in_order",
        "the same in strict order",
        &["tours/hours_in_order.json", "opening_hours", "18:00", "17:30", "3rd"],
    ),
    at(
        "tours::goes_on_from_the_history",
        "an argument of a tool call changed",
        &["tours/history.json", "find_work", "brief", "complete"],
    ),
];

const ORDER: &[Mistake] = &[
    at(
        "order::continues_a_thread",
        "the first and the last message changed places",
        &["order/thread.json", "I look for a statue.", "The one without a head.", "messages"],
    ),
    at(
        "order::interviews_four_guards",
        "four requests in reverse order",
        &["order/four.json", "4, 3, 2, 1", "order = \"strict\""],
    ),
    at(
        "order::opens_and_closes",
        "two requests in reverse order",
        &["order/two.json", "2, 1", "order = \"strict\""],
    ),
];

const COUNTS: &[Mistake] = &[
    at(
        "counts::translates_once",
        "one request too many in strict order",
        &["counts/strict.json", "Translate the menu.", "2nd", "strict"],
    ),
    at(
        "counts::greets_once",
        "one request too many",
        &["counts/repeated.json", "Greet the ambassador."],
    )
    .passes(),
    at(
        "counts::warns_once",
        "one request too many beside `calls = 1`",
        &["2 requests", "expected 1", "calls = 1", "Warn of the wet floor."],
    ),
    at(
        "counts::thanks_and_says_goodbye",
        "one request too few with `unused = \"fail\"`",
        &["counts/unused.json", "Say goodbye to the donors.", "unused = \"fail\""],
    ),
    at(
        "counts::counts_and_closes",
        "one request too few",
        &["counts/noted.json", "Close the shutters."],
    )
    .passes(),
    at(
        "counts::rings_twice",
        "one request too few beside `calls = 2`",
        &["1 request", "expected 2", "calls = 2"],
    ),
];

const FIXTURES: &[Mistake] = &[
    at(
        "fixtures::welcomes_the_group_again",
        "the name of the fixture is misspelt",
        &["entrance/wellcome.json", "entrance/welcome", "did you mean"],
    )
    .never_recorded(),
    at(
        "fixtures::takes_the_coats",
        "the fixture was deleted",
        &["there is no tests/visits/fixtures/entrance/coats.json", "Offer to take the coats."],
    )
    .fixture("tests/visits/fixtures/entrance/coats.json", Change::Removed),
    at(
        "fixtures::sells_one_ticket",
        "the test was renamed, and its fixture has the name of the test",
        &["sells_one_ticket.json", "sells_a_ticket.json"],
    )
    .never_recorded(),
    at(
        "fixtures::counts_the_coins",
        "somebody edited the recorded response",
        &["entrance/edited.json", "#1"],
    )
    .fixture("tests/visits/fixtures/entrance/edited.json", Change::Replaced("\"message\"", "\"mesage\"")),
    at(
        "fixtures::locks_the_door",
        "a conflict of a merge is left in the fixture",
        &["entrance/conflict.json", "line 3", "conflict"],
    )
    .fixture(
        "tests/visits/fixtures/entrance/conflict.json",
        Change::Replaced("  \"interactions\"", "<<<<<<< HEAD\n  \"interactions\""),
    ),
    at(
        "fixtures::labels_the_door",
        "never recorded, and the client wants a key",
        &["entrance/never.json", "Label: the old door"],
    )
    .never_recorded(),
    at(
        "fixtures::weighs_the_luggage",
        "the fixture is a pointer of Git LFS",
        &["entrance/pointer.json", "Git LFS", "git lfs pull"],
    )
    .fixture(
        "tests/visits/fixtures/entrance/pointer.json",
        Change::Text("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 1287\n"),
    ),
    at("fixtures::empties_the_bin", "the fixture is empty", &["entrance/empty.json", "is empty"])
        .fixture("tests/visits/fixtures/entrance/empty.json", Change::Text("")),
    at(
        "fixtures::comes_from_the_future",
        "a newer version of llmock wrote the fixture",
        &["entrance/format_99.json", "99", "version"],
    )
    .fixture(
        "tests/visits/fixtures/entrance/format_99.json",
        Change::Replaced("\"llmock\": 1", "\"llmock\": 99"),
    ),
    at(
        "closes_the_annex_again",
        "the path of the fixture begins at the root of the workspace",
        &["annex/tests/fixtures/annex/tests/fixtures/nightly.json", "fixture = \"nightly\""],
    )
    .annex()
    .never_recorded(),
];

const LINES: &[Mistake] = &[
    at(
        "lines::reads_its_settings",
        "the program overwrites the variable with a dead address",
        &["lines/settings.json", "OPENAI_BASE_URL", "127.0.0.1:9"],
    ),
    at(
        "lines::reads_its_other_settings",
        "the program overwrites the variable with an address that answers",
        &["OPENAI_BASE_URL", "127.0.0.1:PORT"],
    ),
    at(
        "lines::has_a_fixed_address",
        "the client has a fixed address that answers",
        &["no request reached llmock", "its address is fixed"],
    ),
    at(
        "lines::has_an_address_far_away",
        "the client has a fixed address that cannot be reached",
        &["lines/far.json", "no request reached llmock", "its address is fixed"],
    ),
    at(
        "kiosk::starts_the_kiosk",
        "a static client is built before the first test, its address is dead",
        &["kiosk/start.json", "no request reached llmock", "preload!"],
    )
    .env(&[("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")])
    .together(),
    at(
        "kiosk::starts_the_kiosk",
        "a static client is built before the first test, its address answers",
        &["no request reached llmock", "preload!"],
    )
    .env(&[("OPENAI_BASE_URL", "$ELSEWHERE")])
    .together(),
    at(
        "lines::has_a_handle",
        "the test has a handle, and its client does not use it",
        &["lines/handle.json", "no request reached llmock", "mock.base_url("],
    ),
    at(
        "lines::has_a_proxy",
        "a proxy is set in the shell",
        &["HTTP_PROXY", "127.0.0.1:9", "NO_PROXY"],
    )
    .env(&[("HTTP_PROXY", "http://127.0.0.1:9")]),
];

const PROVIDERS: &[Mistake] = &[
    at(
        "providers::asks_the_curator_instead",
        "the code moved to Anthropic, and its key is not set",
        &[
            "providers/changed.json",
            "only openai has a placeholder key",
            "providers(openai, anthropic)",
        ],
    ),
    at(
        "providers::asks_the_curator_with_a_key",
        "the code moved to Anthropic",
        &[
            "providers/changed_with_a_key.json",
            "/v1/messages",
            "/v1/chat/completions",
            "Date the carpet.",
        ],
    )
    .env(&[("ANTHROPIC_API_KEY", "sk-ant-of-the-shell")]),
    at(
        "providers::has_a_mock_in_front",
        "a Mock answers nonsense instead of the fixture",
        &["Mock"],
    ),
    at(
        "providers::has_a_mock_beside_it",
        "a Mock for a misspelt path",
        &["Mock", "requests that arrived: POST /v1/chat/completions"],
    ),
    at(
        "providers::lists_the_models",
        "a new background call",
        &["providers/models.json", "GET /v1/models", "side("],
    ),
    at(
        "providers::keeps_its_endpoint",
        "the code moved to another endpoint",
        &["providers/endpoint.json", "/v1/responses", "/v1/chat/completions"],
    ),
    at(
        "providers::keeps_its_version",
        "another version of the API in the query",
        &["providers/version.json", "api-version", "2026-03-02", "2026-07-19"],
    ),
    at(
        "providers::refuses_a_room",
        "a word changed in a test that expects a panic",
        &["providers/wanted_panic.json", "room 99", "room 100"],
    ),
    at(
        "providers::panics_somehow",
        "never recorded, and any panic will do",
        &["providers/any_panic.json", "This was never recorded."],
    )
    .never_recorded(),
    at(
        "providers::stops_the_clock",
        "the clock is paused",
        &["clock", "paused", "tokio::time::resume()"],
    ),
    at(
        "providers::calls_another_test",
        "a function with the attribute calls another",
        &["providers::calls_another_test", "#[llm_replay]"],
    ),
];

const STUDIO: &[Mistake] = &[
    at(
        "studio::has_a_wrong_key",
        "the key is wrong",
        &["401", "OPENAI_API_KEY", "OPENAI_BASE_URL"],
    )
    .env(&[("OPENAI_API_KEY", "sk-studio-wrong")])
    .records(),
    at(
        "studio::has_no_credit",
        "the provider limits the account",
        &["429", "credit", "OPENAI_API_KEY", "studio/quota.json.failed"],
    )
    .env(&[("OPENAI_API_KEY", "sk-studio-0001")])
    .records(),
    at(
        "studio::has_no_provider",
        "the provider is down",
        &["127.0.0.1:9", "refused", "OPENAI_BASE_URL"],
    )
    .env(&[("OPENAI_API_KEY", "sk-studio-0001"), ("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")])
    .records(),
    at("studio::has_no_key", "no key is set", &["401", "OPENAI_API_KEY"]).records(),
    at(
        "studio::has_no_key_for_labels",
        "no key is set, and the client does not start without",
        &["studio/unset_label.json", "ANTHROPIC_API_KEY"],
    )
    .records()
    .never_recorded(),
    at(
        "studio::has_a_misspelt_mode",
        "the mode is misspelt",
        &["LLMOCK_MODE", "recrod", "`record`"],
    )
    .env(&[("LLMOCK_MODE", "recrod")]),
    at(
        "studio::has_a_misspelt_variable",
        "the variable of the mode is misspelt",
        &["studio/variable.json", "`LLMOCK_MOD` is set", "did you mean `LLMOCK_MODE`?"],
    )
    .env(&[("LLMOCK_MOD", "record")])
    .never_recorded(),
    at("studio::records_in_ci", "recording in CI", &["record", "CI", "LLMOCK_ALLOW_CI_RECORD"])
        .env(&[("CI", "true"), ("OPENAI_API_KEY", "sk-studio-0001")])
        .records(),
    at(
        "studio::misses_in_ci",
        "a word changed, and mode `auto` does not record in CI",
        &["studio/ci_auto.json", "eighth", "ninth", "CI"],
    )
    .env(&[("CI", "true")]),
    at(
        "studio::cannot_be_written",
        "the file cannot be written",
        &["cannot be written", "studio/stuck.json"],
    )
    .env(&[("OPENAI_API_KEY", "sk-studio-0001"), ("LLMOCK_RECORD_DIR", "$ROOT/Cargo.toml")])
    .records(),
    at("studio::cannot_be_created", "the folder cannot be created", &["studio/closed/never.json"])
        .env(&[("OPENAI_API_KEY", "sk-studio-0001")])
        .fixture("tests/visits/fixtures/studio/closed", Change::Text("not a folder"))
        .records()
        .never_recorded(),
    at("studio::is_not_allowed", "the provider forbids it", &["403", "OPENAI_API_KEY"])
        .env(&[("OPENAI_API_KEY", "sk-studio-0001")])
        .records(),
    at(
        "studio::fails_by_itself",
        "the test's own assertion fails while it is recorded",
        &["the answer is", "studio/assertion.json.failed"],
    )
    .env(&[("OPENAI_API_KEY", "sk-studio-0001")])
    .records(),
    at(
        "studio::has_a_timeout_in_words",
        "a variable has a value that is no number",
        &["LLMOCK_TURN_TIMEOUT", "five minutes"],
    )
    .env(&[("LLMOCK_TURN_TIMEOUT", "five minutes")]),
];
