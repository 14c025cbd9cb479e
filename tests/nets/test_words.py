from stable_folder import save_stable_folder

from causaray.nets.words import WordList
from causaray.priors.text_prior import load_prior


def test_words_that_are_added_come_after_all_others():
    words = WordList(("edema", "no"), length=4)
    assert words.unknown("no nodule, edema") == ["nodule", ","]
    assert words.add(["nodule", "edema", "nodule"]) == 1 and len(words) == 5
    assert words.vocabulary == ("edema", "no", "nodule") and words.unknown("no nodule") == []
    assert words.numbers(["edema nodule strange"]).tolist() == [[2, 4, 1, 0]]


def test_a_tokenizer_spells_what_it_does_not_know_until_it_learns_the_word(tmp_path):
    words = load_prior(save_stable_folder(tmp_path / "tiny"), 64).words
    before = len(words)
    assert words.unknown("causaray") == [] and (words.numbers(["causaray"]) < before).all()
    assert words.add(["causaray"]) == 1 and words.add(["causaray"]) == 0
    assert words.numbers(["causaray"])[0, 1] == before == len(words) - 1
