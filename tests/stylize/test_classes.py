import pytest

from stylize import classes
from stylize.errors import LayerError


@pytest.mark.parametrize(
    ("backbone", "wanted", "number"),
    [
        ("inception_v3", "goldfish", 1),
        ("squeezenet1_1", "Peacock", 84),
        ("vgg19", "999", 999),
        ("motifs", "eye", classes.names("motifs").index("eye")),
    ],
)
def test_a_class_is_found_by_name_or_number(backbone, wanted, number):
    assert classes.find(backbone, wanted) == number


@pytest.mark.parametrize(
    ("backbone", "wanted", "complaint"),
    [
        ("vgg19", "peacok", "vgg19 has no class 'peacok'; did you mean peacock"),
        ("vgg19", "1000", "vgg19 has no class 1000: they are 0 to 999"),
        ("motifs", "feathre", "did you mean feather"),
        ("pyramid", "eye", "pyramid tells no classes: try motifs"),
        ("vgg99", "eye", "there is no backbone 'vgg99'"),
    ],
)
def test_others_are_refused_with_the_nearest(backbone, wanted, complaint):
    with pytest.raises(LayerError, match=complaint):
        classes.find(backbone, wanted)


def test_the_logits_are_the_last_layer():
    assert classes.layer("inception_v3") == "logits"
    assert classes.layer("alexnet") == "classifier.6"
