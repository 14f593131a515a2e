"""XMP and IPTC packets as other programs write them into pictures."""

import struct

_NAMESPACES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmpRights": "http://ns.adobe.com/xap/1.0/rights/",
    "xmpMM": "http://ns.adobe.com/xap/1.0/mm/",
    "cc": "http://creativecommons.org/ns#",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "plus": "http://ns.useplus.org/ldf/xmp/1.0/",
}


def xmp(properties: str, attributes: str = "") -> str:
    """A packet whose one description has these properties."""
    names = " ".join(f"xmlns:{prefix}='{url}'" for prefix, url in _NAMESPACES.items())
    return (
        "<?xpacket begin='\ufeff' id='W5M0MpCehiHzreSzNTczkc9d'?>"
        f"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF {names}>"
        f"<rdf:Description rdf:about='' {attributes}>{properties}</rdf:Description>"
        "</rdf:RDF></x:xmpmeta><?xpacket end='w'?>"
    )


def iptc(*datasets: tuple[int, str]) -> bytes:
    """The application record with these datasets."""
    encoded = [(number, text.encode()) for number, text in datasets]
    return b"".join(
        struct.pack(">BBBH", 0x1C, 2, number, len(content)) + content
        for number, content in encoded
    )
