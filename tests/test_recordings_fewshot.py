"""What somebody is told of what recordings are worth."""

from wakesmith.recordings import fewshot


def test_the_few_shot_words_say_where_somebody_is() -> None:
    assert "No recordings of the phrase: 20 more" in fewshot.words(0)
    assert "13 recordings of the phrase: 7 more" in fewshot.words(13)
    assert "enough for the largest step" in fewshot.words(20)
    assert "by the small model for ESPHome with no recordings" in fewshot.words(0)
