"""System 12."""

from causaray.systems.system import System

SYSTEM = System(name="debiasing", number=12, title="Debiasing", arxiv="2308.10984", about="x")
