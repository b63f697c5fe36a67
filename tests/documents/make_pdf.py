"""PDF files written by hand, object for object: what the library that draws the others cannot make."""

from __future__ import annotations


def written(content: str, *objects: str, resources: str = "", catalog: str = "", fonts: str = "") -> bytes:
    """A PDF of one page, written by hand: its content, further objects from number 6 on, and what is added to the resources and
    to the catalogue. Font F1 is Helvetica."""
    body = [
        f"<</Type/Catalog/Pages 2 0 R{catalog}>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F1 5 0 R{fonts}>>{resources}>>>>",
        f"<</Length {len(content)}>>\nstream\n{content}\nendstream",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
        *objects,
    ]
    data = b"%PDF-1.7\n"
    places = []
    for number, item in enumerate(body, start=1):
        places.append(len(data))
        data += f"{number} 0 obj\n{item}\nendobj\n".encode("latin-1")
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    end = f"xref\n0 {len(body) + 1}\n0000000000 65535 f \n{table}trailer<</Size {len(body) + 1}/Root 1 0 R>>\n"
    return data + end.encode() + f"startxref\n{len(data)}\n%%EOF".encode()


def shown(x: int, y: int, text: str) -> str:
    return f"BT /F1 10 Tf {x} {y} Td ({text}) Tj ET\n"
