"""System 4: PRISM, editing by words on a text-to-image prior."""
