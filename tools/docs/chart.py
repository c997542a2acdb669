"""docs/cost.svg: what this project's stacks and other tools' defaults cost a month, as stacked bars."""

from collections.abc import Mapping
from decimal import Decimal
from xml.sax.saxutils import escape

# By the beginning of an item's name: the part of the bar that it belongs to, and its colour. The last takes the rest.
_PARTS = (
    ("application", "load balancers", "#4269d0"),
    ("public", "public addresses", "#6cc5b0"),
    ("Fargate", "tasks", "#efb118"),
    ("RDS", "database", "#ff725c"),
    ("NAT", "NAT gateways", "#a463f2"),
    ("", "other", "#9498a0"),
)
_WIDTH, _NAMES, _BAR, _TOP = 860, 250, 34, 70  # pixels: of all, of the names, of a bar with its gap, above the bars


def chart(title: str, months: Mapping[str, Mapping[str, Decimal]]) -> str:
    """A bar for each name as SVG, from US dollars a month by item of the table of prices."""
    bars = {name: _by_part(items) for name, items in months.items()}
    height = _TOP + len(bars) * _BAR + 14
    scale = Decimal(_WIDTH - _NAMES - 90) / max(sum(parts.values(), Decimal(0)) for parts in bars.values())
    drawn = [_text(16, 28, title, weight="bold"), *_legend()]
    for row, (name, parts) in enumerate(bars.items()):
        top, left = _TOP + row * _BAR, Decimal(_NAMES)
        drawn.append(_text(_NAMES - 10, top + 17, name, anchor="end"))
        for _, part, colour in _PARTS:
            if width := parts[part] * scale:
                drawn.append(_rectangle(left, top, width, _BAR - 10, colour, f"{part} ${parts[part]:.2f}"))
                left += width
        drawn.append(_text(left + 8, top + 17, f"${sum(parts.values()):.2f}", weight="bold"))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'font-family="sans-serif" font-size="14">\n<title>{escape(title)}</title>\n'
        f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>\n' + "\n".join(drawn) + "\n</svg>\n"
    )


def _by_part(items: Mapping[str, Decimal]) -> dict[str, Decimal]:
    parts = dict.fromkeys((part for _, part, _ in _PARTS), Decimal(0))
    for item, month in items.items():
        parts[next(part for beginning, part, _ in _PARTS if item.startswith(beginning))] += month
    return parts


def _legend() -> list[str]:
    drawn: list[str] = []
    left = 16
    for _, part, colour in _PARTS:
        drawn += [_rectangle(Decimal(left), 42, Decimal(12), 12, colour, part), _text(left + 18, 53, part)]
        left += 36 + 8 * len(part)
    return drawn


def _rectangle(left: Decimal, top: int, width: Decimal, height: int, colour: str, title: str) -> str:
    place = f'x="{left:.1f}" y="{top}" width="{width:.1f}" height="{height}"'
    return f'<rect {place} fill="{colour}"><title>{escape(title)}</title></rect>'


def _text(left: Decimal | int, baseline: int, text: str, *, anchor: str = "start", weight: str = "normal") -> str:
    place = f'x="{left:.0f}" y="{baseline}" text-anchor="{anchor}" font-weight="{weight}"'
    return f'<text {place} fill="#222">{escape(text)}</text>'
