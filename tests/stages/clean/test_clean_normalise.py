import subprocess
import sys

from stages.clean.normalise import Normaliser, drop_stop_words, fold_script
from stages.params.clean import Normalise

ALL = Normalise(case=True, punctuation=True, stop_words=True, script=True)


def test_repair_mends_mojibake_and_entities_and_can_be_left_out():
    broken = "the cafÃ© &amp; bar"
    assert Normaliser(True, Normalise(), "en").before(broken) == "the café & bar"
    assert Normaliser(False, Normalise(), "en").before(broken) == broken


def test_an_address_reaches_the_masker_with_its_punctuation():
    assert Normaliser(True, ALL, "en").before("Mail JO.DOE@example.com!") == "Mail JO.DOE@example.com!"


def test_mask_tokens_are_kept_whole_after_masking():
    after = Normaliser(True, ALL, "en").after("The [PERSON], reached at [EMAIL], didn’t like Paris!")
    assert after == "[PERSON] reached [EMAIL] paris"


def test_nothing_changes_after_masking_where_nothing_is_asked():
    text = "  The [PERSON]\n\tsays: Hi! "
    assert Normaliser(True, Normalise(), "en").after(text) == text


def test_script_folding():
    assert fold_script("ＡＢＣ１２３ café naïve") == "ABC123 cafe naive"
    assert fold_script("飛機飛向藍天") == "飞机飞向蓝天"
    assert fold_script("乾坤 乾淨") == "乾坤 干净"
    assert fold_script("が") == "が"


def test_chinese_stop_words_go_only_where_they_are_words_of_two_or_more_characters():
    assert drop_stop_words("因为目的地很远", "zh") == "目的地很远"


def test_the_module_is_light_enough_for_the_server():
    heavy = ("pandas", "torch", "snownlp", "sklearn")
    code = f"import sys, stages.clean.normalise; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
