//! What `docs/providers.md` says that tests show, tests show; and what they show stands there.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

const RUST: &str = "<!-- table of clients -->";
const OTHERS: &str = "<!-- table of clients in other languages -->";

/// A cell of the page, by its client and its column, and where it is shown: a file of `tests/` and what it
/// holds. Of a group of `providers.rs`, its name.
const SHOWN: &[(&str, &str, &str, &str)] = &[
    ("`async-openai` 0.43", "variable", RECORDED, "mod async_openai {"),
    ("`async-openai` 0.43", "handle", ROAD, "through_async_openai {"),
    ("`async-openai` 0.43, Azure", "handle", CLIENTS, "async_openai_azure"),
    ("`rig-core` 0.44, OpenAI", "variable", RECORDED, "OpenAI::from_env()"),
    ("`rig-core` 0.44, OpenAI", "handle", ROAD, "through_rig {"),
    ("`rig-core` 0.44, Anthropic", "variable", RECORDED, "Anthropic::from_env()"),
    ("`rig-core` 0.44, Anthropic", "handle", ROAD, "agent_with_messages: "),
    ("`rig-core` 0.44, Ollama", "variable", CLIENTS, "fn rig_ollama()"),
    ("`rig-core` 0.44, Ollama", "handle", CLIENTS, "rig_ollama"),
    ("`rig-core` 0.44, Ollama", "handle", CLIENTS, "rig_ollama_native"),
    ("`rig-core` 0.44, Ollama", "handle", CLIENTS, "rig_ollama_native_tools"),
    ("`rig-core` 0.44, Gemini", "handle", CLIENTS, "rig_gemini"),
    ("`rig-core` 0.44, Mistral", "handle", CLIENTS, "rig_mistral"),
    ("`rig-core` 0.44, Groq", "handle", CLIENTS, "rig_groq"),
    ("`rig-core` 0.44, DeepSeek", "handle", CLIENTS, "rig_deepseek"),
    ("`rig-core` 0.44, OpenRouter", "handle", CLIENTS, "rig_openrouter"),
    ("`rig-core` 0.44, xAI", "handle", CLIENTS, "rig_xai"),
    ("`rig-core` 0.44, Cohere", "handle", CLIENTS, "rig_cohere"),
    ("`rig-core` 0.44, Cohere", "handle", CLIENTS, "rig_cohere_native"),
    ("`reqwest` 0.13", "variable", RECORDED, "mod reqwest_alone {"),
    ("`reqwest` 0.13", "handle", ROAD, "through_reqwest {"),
    ("`openai-api-rs` 10.0", "variable", CLIENTS, "fn openai_api_rs()"),
    ("`openai-api-rs` 10.0", "handle", CLIENTS, "openai_api_rs_alone"),
    ("`anthropic-sdk-rust` 0.1", "variable", RECORDED, "ClientConfig::from_env()"),
    ("`anthropic-sdk-rust` 0.1", "handle", ROAD, "through_anthropic_sdk {"),
    ("`langchain-rust` 7.0, OpenAI", "variable", CLIENTS, "fn langchain()"),
    ("`langchain-rust` 7.0, OpenAI", "handle", CLIENTS, "langchain_rust"),
    ("`aws-sdk-bedrockruntime` 1.153", "variable", CLIENTS, "fn aws_sdk()"),
    ("`aws-sdk-bedrockruntime` 1.153", "handle", CLIENTS, "aws_sdk_bedrock"),
    ("`genai` 0.7, OpenAI, Anthropic, Gemini", "handle", CLIENTS, "genai_openai"),
    ("`genai` 0.7, OpenAI, Anthropic, Gemini", "handle", CLIENTS, "genai_anthropic"),
    ("`genai` 0.7, OpenAI, Anthropic, Gemini", "handle", CLIENTS, "genai_gemini"),
    ("`genai` 0.7, Ollama", "handle", CLIENTS, "genai_ollama"),
    ("`genai` 0.7, Ollama", "handle", CLIENTS, "genai_ollama_tools"),
    ("`ollama-rs` 0.3", "handle", CLIENTS, "ollama_rs_chat"),
    ("`ollama-rs` 0.3", "handle", CLIENTS, "ollama_rs_tools"),
    ("`gemini-rust` 2.1", "handle", CLIENTS, "gemini_rust_alone"),
    ("`gemini-rust` 2.1", "handle", CLIENTS, "gemini_rust_tools"),
    ("`cohere-rust` 0.6", "handle", CLIENTS, "cohere_rust_alone"),
    ("`async-openai` 0.43", "intercept", FIXED, "async_openai("),
    ("`async-openai` 0.43, Azure", "intercept", FIXED, "async_openai_azure("),
    ("`rig-core` 0.44, OpenAI", "intercept", FIXED, "rig_openai("),
    ("`rig-core` 0.44, Anthropic", "intercept", FIXED, "rig_anthropic("),
    ("`rig-core` 0.44, Ollama", "proxy", FIXED, "rig_ollama("),
    ("`rig-core` 0.44, Gemini", "intercept", FIXED, "rig_gemini("),
    ("`rig-core` 0.44, Mistral", "intercept", FIXED, "rig_mistral("),
    ("`rig-core` 0.44, Groq", "intercept", FIXED, "rig_groq("),
    ("`rig-core` 0.44, DeepSeek", "intercept", FIXED, "rig_deepseek("),
    ("`rig-core` 0.44, OpenRouter", "intercept", FIXED, "rig_openrouter("),
    ("`rig-core` 0.44, xAI", "intercept", FIXED, "rig_xai("),
    ("`rig-core` 0.44, Cohere", "intercept", FIXED, "rig_cohere("),
    ("`reqwest` 0.13", "proxy", "tests/it/proxy.rs", "fixed_http_clients_get_recorded_responses"),
    (
        "`reqwest` 0.13",
        "intercept",
        "tests/it/intercept.rs",
        "fixed_https_clients_get_recorded_responses",
    ),
    ("`anthropic-sdk-rust` 0.1", "intercept", FIXED, "anthropic_sdk("),
    ("`langchain-rust` 7.0, OpenAI", "intercept", FIXED, "langchain("),
    ("`aws-sdk-bedrockruntime` 1.153", "intercept", FIXED, "aws_sdk("),
    ("`genai` 0.7, OpenAI, Anthropic, Gemini", "intercept", FIXED, "genai_openai("),
    ("`genai` 0.7, OpenAI, Anthropic, Gemini", "intercept", FIXED, "genai_anthropic("),
    ("`genai` 0.7, OpenAI, Anthropic, Gemini", "intercept", FIXED, "genai_gemini("),
    ("`genai` 0.7, Ollama", "proxy", FIXED, "genai_ollama("),
    ("`ollama-rs` 0.3", "proxy", FIXED, "ollama_rs("),
    ("`gemini-rust` 2.1", "intercept", FIXED, "gemini_rust_beside_openssl("),
    ("`openai` (Python 3.52)", "variable", PYTHON, "def openai():"),
    ("`anthropic` (Python 2.11)", "variable", PYTHON, "def anthropic():"),
    ("`google-genai` (Python 3.4)", "variable", PYTHON, "def google_genai():"),
    ("`cohere` (Python 7.3)", "variable", PYTHON, "def cohere():"),
    ("`groq` (Python 1.7)", "variable", PYTHON, "def groq():"),
    ("`ollama` (Python 0.6)", "variable", PYTHON, "def ollama():"),
    ("`mistralai` (Python 3.7)", "handle", PYTHON, "def mistralai():"),
    ("`boto3` (1.44)", "variable", PYTHON, "def boto3():"),
    ("`openai` (Node 6.49)", "variable", NODE, "async openai() {"),
    ("`@anthropic-ai/sdk` (Node 1.12)", "variable", NODE, "async anthropic() {"),
    ("`ai` with `@ai-sdk/openai` (Node)", "variable", NODE, "async ai() {"),
];

const CLIENTS: &str = "clients/tests/clients/providers.rs";
const RECORDED: &str = "clients/tests/clients/recorded.rs";
const ROAD: &str = "clients/tests/clients/road.rs";
const FIXED: &str = "clients/tests/clients/providers/without_variable.rs";
const PYTHON: &str = "other-languages/clients.py";
const NODE: &str = "other-languages/clients.mjs";

fn read(file: &str) -> String {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), file].iter().collect();
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The cells with a ●: client and column.
fn marked(page: &str, table: &str) -> BTreeSet<(String, String)> {
    let (_, rest) = page.split_once(table).expect("the page has the table");
    let (rows, _) = rest.split_once("<!-- end -->").expect("the table has an end");
    let cells = |row: &str| -> Vec<String> {
        row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
    };
    let mut rows = rows.trim().lines();
    let columns = cells(rows.next().expect("a row of names"));
    let rows: Vec<_> = rows.skip(1).map(cells).collect();
    assert!(rows.len() > 10, "the table has {} rows", rows.len());
    let mut marked = BTreeSet::new();
    for row in rows {
        assert_eq!(row.len(), columns.len(), "{row:?}");
        for (cell, column) in row.iter().zip(&columns).skip(1) {
            assert!(cell.starts_with(['●', '○', '–']), "`{}`, {column}: {cell}", row[0]);
            if cell.starts_with('●') {
                marked.insert((row[0].clone(), column.clone()));
            }
        }
    }
    marked
}

/// The groups of `provider_clients.rs`: `name: Provider from Source, …`.
fn groups() -> BTreeSet<String> {
    let tests = read(CLIENTS);
    let group = |line: &str| {
        let (name, rest) = line.strip_prefix("    ")?.split_once(": ")?;
        let is_group = rest.contains(" from ") && !name.contains([' ', '/', '$']);
        is_group.then(|| name.to_owned())
    };
    tests.lines().filter_map(group).collect()
}

#[test]
fn page_and_tests_list_the_same_clients() {
    let page = read("../docs/providers.md");
    let mut said = marked(&page, RUST);
    said.extend(marked(&page, OTHERS));
    let cell = |(client, column, _, _): &(&str, &str, &str, &str)| {
        ((*client).to_owned(), (*column).to_owned())
    };
    let shown: BTreeSet<_> = SHOWN.iter().map(cell).collect();
    let (unshown, unsaid) = (said.difference(&shown), shown.difference(&said));
    let (unshown, unsaid): (Vec<_>, Vec<_>) = (unshown.collect(), unsaid.collect());
    assert!(unshown.is_empty(), "on the page with ●, without a test in `SHOWN`: {unshown:?}");
    assert!(unsaid.is_empty(), "in `SHOWN`, without ● on the page: {unsaid:?}");
}

#[test]
fn every_cell_of_the_page_has_a_test() {
    let groups = groups();
    for (client, column, file, test) in SHOWN {
        let exists = groups.contains(*test) || read(file).contains(test);
        assert!(exists, "{client}, {column}: {file} has no `{test}`");
    }
}

#[test]
fn page_lists_every_tested_client() {
    let shown_in = |file: &str| -> BTreeSet<String> {
        let of_file = SHOWN.iter().filter(|(_, _, of, _)| *of == file);
        of_file.map(|(_, _, _, test)| (*test).to_owned()).collect()
    };
    let unsaid: Vec<_> = groups().difference(&shown_in(CLIENTS)).cloned().collect();
    assert!(groups().len() > 20, "{:?}", groups());
    assert!(unsaid.is_empty(), "{unsaid:?}");

    // `client("recording", check): …`, and the same of its stream and its tools.
    let fixed = read(FIXED);
    let client = |line: &str| {
        let (name, rest) = line.trim().split_once("(\"")?;
        let is_case = rest.contains("\", ") && rest.contains("): ");
        let client = name.trim_end_matches("_stream").trim_end_matches("_tools");
        is_case.then(|| format!("{client}("))
    };
    let tested: BTreeSet<_> = fixed.lines().filter_map(client).collect();
    assert_eq!(tested, shown_in(FIXED));

    let script = read("other-languages/run");
    for (variable, file, definition) in
        [("PYTHON=(", PYTHON, ("def ", "():")), ("NODE=(", NODE, ("async ", "() {"))]
    {
        let (_, list) = script.split_once(variable).expect("the list of clients");
        let (names, _) = list.split_once(')').expect("its end");
        let (before, after) = definition;
        let run: BTreeSet<_> =
            names.split(' ').map(|name| format!("{before}{name}{after}")).collect();
        assert_eq!(run, shown_in(file), "{file}");
    }
}
