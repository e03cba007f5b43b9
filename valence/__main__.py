"""`python -m valence`: the command line, where its program is not on the path."""

from valence.cli import main

if __name__ == "__main__":
    main()
