"""What a measurement comes to."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    name: str
    value: float
    meaning: str  # with its unit, and under which conditions

    def shown(self) -> str:
        return f"{self.value:,.0f}" if self.value >= 100 else f"{self.value:,.3g}"
