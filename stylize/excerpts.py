"""Networks that end where the last wanted layer ends.

Both kinds run from normalised pixels to a dict of the wanted layers. They are made on
the meta device, without numbers, and filled from a checkpoint afterwards.
"""

from collections.abc import Collection
from itertools import islice, pairwise

from torch import Tensor, fx, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval
from torchvision.models.googlenet import BasicConv2d as GoogLeNetBlock
from torchvision.models.inception import BasicConv2d as InceptionBlock

from stylize import heads, inception, networks
from stylize.checkpoints import Checkpoint
from stylize.errors import WeightsError

_BLOCKS = (GoogLeNetBlock, InceptionBlock)


class Chain(nn.Module):
    """Links that run one after another."""

    def __init__(self, name: str, wanted: Collection[str]) -> None:
        super().__init__()
        self.name, self.wanted = name, frozenset(wanted)
        network, paths = networks.build(name), networks.CHAINS[name]
        deepest = max((list(paths).index(layer) for layer in wanted), default=-1)
        self.paths = dict(islice(paths.items(), deepest + 1))
        self.links = nn.ModuleDict(
            {link: network.get_submodule(path) for link, path in self.paths.items()}
        )
        if networks.LOGITS in self.links:
            self.links[networks.LOGITS] = heads.of(self.links[networks.LOGITS])
        # A rectifier in place saves memory, but not where its input is wanted.
        for (before, _), (_, link) in pairwise(self.links.items()):
            if isinstance(link, nn.ReLU):
                link.inplace = before not in self.wanted

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        found = {}
        for name, link in self.links.items():
            x = link(x)
            if name in self.wanted:
                found[name] = x
        return found

    def fill(self, checkpoint: Checkpoint) -> None:
        """The links have the checkpoint's numbers after this, or WeightsError."""
        for link, path in self.paths.items():
            if link == networks.LOGITS and not checkpoint.has(f"{path}."):
                raise WeightsError(
                    f"weights {checkpoint.path} have the features of {self.name} only, "
                    "and tell no classes: name a whole checkpoint, or dream of a layer"
                )
            checkpoint.fill(self.links[link], self.name, prefix=f"{path}.")

    def fold(self) -> None:
        """Batch norms are part of the convolutions before them after this."""
        for block in self.modules():
            if isinstance(block, _BLOCKS):
                block.conv = fuse_conv_bn_eval(block.conv, block.bn)
                block.bn = nn.Identity()
        inception.reorder(self.links)


class Nodes(fx.GraphModule):
    """Those nodes of a network's graph that the wanted layers depend on."""

    def __init__(self, name: str, wanted: Collection[str]) -> None:
        network = networks.build(name)
        graph, names = networks.trace(network)
        nodes = {layer: node for node, layer in names.items() if layer in wanted}
        graph.output_node().args = (nodes,)
        super().__init__(network, graph)
        self.name = name
        self.graph.eliminate_dead_code()
        self.delete_all_unused_submodules()
        self._forbid_in_place()

    def fill(self, checkpoint: Checkpoint) -> None:
        """The nodes have the checkpoint's numbers after this, or WeightsError."""
        checkpoint.fill(self, self.name)

    def fold(self) -> None:
        """Batch norms are part of the convolutions before them after this."""
        modules = dict(self.named_modules())
        for node in self.graph.find_nodes(op="call_module"):
            before = node.args[0]
            if not isinstance(before, fx.Node) or len(before.users) > 1:
                continue
            convolution, norm = (modules.get(str(n.target)) for n in (before, node))
            if isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                fused = fuse_conv_bn_eval(convolution, norm)
                self.set_submodule(str(before.target), fused)
                node.replace_all_uses_with(before)
                self.graph.erase_node(node)
        self.recompile()

    def _forbid_in_place(self) -> None:
        for module in self.modules():
            if "inplace" in vars(module):
                vars(module)["inplace"] = False
        for node in self.graph.nodes:
            if "inplace" in node.kwargs:
                node.kwargs = {**node.kwargs, "inplace": False}
        self.recompile()


Excerpt = Chain | Nodes


def excerpt(name: str, wanted: Collection[str]) -> Excerpt:
    """The network of this name up to the wanted layers, which it must have."""
    return (Chain if name in networks.CHAINS else Nodes)(name, wanted)
