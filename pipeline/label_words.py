"""Which classes are meant by a word: ImageNet's names are not those of every day."""

import re
from collections.abc import Iterable

# Words for which other classes are meant than those that are called so: there are none,
# or they are something else, as ImageNet's beach wagon is a car.
_EVERYDAY = """
[beach]
seashore, sandbar
[coast]
seashore, sandbar, promontory, cliff
[sea]
seashore, sandbar, promontory, breakwater, coral reef
[lake]
lakeside
[mountain]
alp, volcano
[harbour]
dock, breakwater
[flower]
daisy, yellow lady's slipper
[car]
beach wagon, cab, convertible, jeep, limousine, minivan, Model T, pickup, racer,
sports car
[boat]
canoe, catamaran, fireboat, gondola, lifeboat, schooner, speedboat, trimaran,
yawl
[cat]
tabby, tiger cat, Persian cat, Siamese cat, Egyptian cat
[dog]
Chihuahua, Japanese spaniel, Maltese dog, Pekinese, Shih-Tzu, Blenheim spaniel,
papillon, toy terrier, Rhodesian ridgeback, Afghan hound, basset, beagle,
bloodhound, bluetick, black-and-tan coonhound, Walker hound, English foxhound,
redbone, borzoi, Irish wolfhound, Italian greyhound, whippet, Ibizan hound,
Norwegian elkhound, otterhound, Saluki, Scottish deerhound, Weimaraner,
Staffordshire bullterrier, American Staffordshire terrier, Bedlington terrier,
Border terrier, Kerry blue terrier, Irish terrier, Norfolk terrier, Norwich
terrier, Yorkshire terrier, wire-haired fox terrier, Lakeland terrier, Sealyham
terrier, Airedale, cairn, Australian terrier, Dandie Dinmont, Boston bull,
miniature schnauzer, giant schnauzer, standard schnauzer, Scotch terrier,
Tibetan terrier, silky terrier, soft-coated wheaten terrier, West Highland white
terrier, Lhasa, flat-coated retriever, curly-coated retriever, golden retriever,
Labrador retriever, Chesapeake Bay retriever, German short-haired pointer,
vizsla, English setter, Irish setter, Gordon setter, Brittany spaniel, clumber,
English springer, Welsh springer spaniel, cocker spaniel, Sussex spaniel, Irish
water spaniel, kuvasz, schipperke, groenendael, malinois, briard, kelpie,
komondor, Old English sheepdog, Shetland sheepdog, collie, Border collie,
Bouvier des Flandres, Rottweiler, German shepherd, Doberman, miniature pinscher,
Greater Swiss Mountain dog, Bernese mountain dog, Appenzeller, EntleBucher,
boxer, bull mastiff, Tibetan mastiff, French bulldog, Great Dane, Saint Bernard,
Eskimo dog, malamute, Siberian husky, dalmatian, affenpinscher, basenji, pug,
Leonberg, Newfoundland, Great Pyrenees, Samoyed, Pomeranian, chow, keeshond,
Brabancon griffon, Pembroke, Cardigan, toy poodle, miniature poodle, standard
poodle, Mexican hairless
[bird]
cock, hen, ostrich, brambling, goldfinch, house finch, junco, indigo bunting,
robin, bulbul, jay, magpie, chickadee, water ouzel, kite, bald eagle, vulture,
great grey owl, black grouse, ptarmigan, ruffed grouse, prairie chicken,
peacock, quail, partridge, African grey, macaw, sulphur-crested cockatoo,
lorikeet, coucal, bee eater, hornbill, hummingbird, jacamar, toucan, drake,
red-breasted merganser, goose, black swan, white stork, black stork, spoonbill,
flamingo, little blue heron, American egret, bittern, crane bird, limpkin,
European gallinule, American coot, bustard, ruddy turnstone, red-backed
sandpiper, redshank, dowitcher, oystercatcher, pelican, king penguin, albatross
[butterfly]
admiral, ringlet, monarch, cabbage butterfly, sulphur butterfly, lycaenid
"""


def _everyday() -> dict[str, frozenset[str]]:
    found = {}
    for part in _EVERYDAY.split("[")[1:]:
        word, names = part.split("]")
        found[word] = frozenset(" ".join(names.split()).split(", "))
    return found


EVERYDAY = _everyday()


def meant(wanted: str, names: Iterable[str]) -> list[str]:
    """Those class names that are meant by a label that a person typed.

    That are those in which all its words occur, whatever their case; for some words of
    every day others are meant.
    """
    words = _words(wanted)
    if everyday := EVERYDAY.get(" ".join(sorted(words))):
        return [name for name in names if name in everyday]
    return [name for name in names if words and words <= _words(name)]


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.casefold()))
