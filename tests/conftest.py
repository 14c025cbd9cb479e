import signal

# A run in the background inherits that Ctrl-C is ignored, and so would the programs that tests start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser):
    parser.addoption(
        "--width", type=int, default=1280, help="pixels of the browser's window where a test asks for none"
    )
