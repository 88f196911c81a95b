import pytest

from palaver.simulator.conversation import Said, is_cjk, read


@pytest.mark.parametrize("header", ["<<< Ada (model) >>>", "<<< Ada (model), cut off >>>", "[Ada]", "[Ada]:"])
def test_a_speaker_header_of_any_known_shape_names_the_speaker(header: str) -> None:
    (said,) = read([Said("user", f"{header}\nhello there")]).utterances
    assert (said.speaker, said.text, said.own) == ("Ada", "hello there", False)


def test_one_user_message_may_hold_several_speakers() -> None:
    conversation = read([Said("user", "[You]\nWhat is tea?\n\n[Sage]\nA leaf.\n[Swift]\nHot water.")])
    assert [(u.speaker, u.text) for u in conversation.utterances] == [
        ("You", "What is tea?"),
        ("Sage", "A leaf."),
        ("Swift", "Hot water."),
    ]


def test_the_question_is_the_newest_word_of_the_host_and_the_others_are_the_rest() -> None:
    conversation = read(
        [
            Said("system", "Be kind."),
            Said("user", "[You]\nfirst"),
            Said("assistant", "my words"),
            Said("user", "[Sage]\nold\n\n[You]\nsecond\n\n[Sage]\nnew\n\n[Swift]\nhi"),
        ]
    )
    assert conversation.question.text == "second"
    assert [(u.speaker, u.text) for u in conversation.others] == [("Sage", "new"), ("Swift", "hi")]
    assert conversation.own_last is not None
    assert conversation.own_last.text == "my words"


def test_a_person_is_told_from_models_wherever_the_window_begins() -> None:
    conversation = read(
        [Said("user", "<<< Sage (model) >>>\nold words\n\n<<< User (person) >>>\nwhy?\n\n<<< Swift (model) >>>\nso")]
    )
    assert conversation.question.text == "why?"
    assert [u.speaker for u in conversation.others] == ["Sage", "Swift"]


def test_text_without_headers_is_one_utterance_of_nobody() -> None:
    (said,) = read([Said("user", "just text [not a header] here")]).utterances
    assert (said.speaker, said.text) == (None, "just text [not a header] here")


def test_mostly_chinese_text_is_recognised() -> None:
    assert is_cjk("大家怎么看 NATS?")
    assert not is_cjk("what does 茶 mean in English, please?")
