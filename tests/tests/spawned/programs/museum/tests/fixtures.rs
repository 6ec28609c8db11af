//! The fixture is missing, has another name, or cannot be read.

use llmock::llm_replay;
use museum::{Curator, Guide};

#[llm_replay(fixture = "entrance/welcome")]
#[tokio::test]
async fn welcomes_the_group() {
    Guide::from_env().ask("Welcome the group from Lisbon.").await.unwrap();
}

/// The name is misspelt.
#[llm_replay(fixture = "entrance/wellcome")]
#[tokio::test]
async fn welcomes_the_group_again() {
    Guide::from_env().ask("Welcome the group from Lisbon.").await.unwrap();
}

#[llm_replay(fixture = "entrance/coats")]
#[tokio::test]
async fn takes_the_coats() {
    Guide::from_env().ask("Offer to take the coats.").await.unwrap();
}

/// Its name was this before somebody renamed it.
#[llm_replay]
#[tokio::test]
async fn sells_a_ticket() {
    Guide::from_env().ask("Sell a ticket to a pensioner.").await.unwrap();
}

#[llm_replay]
#[tokio::test]
async fn sells_one_ticket() {
    Guide::from_env().ask("Sell a ticket to a pensioner.").await.unwrap();
}

#[llm_replay(fixture = "entrance/edited")]
#[tokio::test]
async fn counts_the_coins() {
    Guide::from_env().ask("Count the coins in the box.").await.unwrap();
}

#[llm_replay(fixture = "entrance/conflict")]
#[tokio::test]
async fn locks_the_door() {
    Guide::from_env().ask("Announce that the door is locked.").await.unwrap();
}

/// Never recorded, and the curator does not start without a key.
#[llm_replay(fixture = "entrance/never")]
#[tokio::test]
async fn labels_the_door() {
    Curator::from_env().unwrap().label("Label: the old door").await.unwrap();
}

#[llm_replay(fixture = "entrance/pointer")]
#[tokio::test]
async fn weighs_the_luggage() {
    Guide::from_env().ask("Guess the weight of a trunk.").await.unwrap();
}

#[llm_replay(fixture = "entrance/empty")]
#[tokio::test]
async fn empties_the_bin() {
    Guide::from_env().ask("Remind the staff of the bins.").await.unwrap();
}

#[llm_replay(fixture = "entrance/format_99")]
#[tokio::test]
async fn comes_from_the_future() {
    Guide::from_env().ask("Imagine the museum in 2090.").await.unwrap();
}
