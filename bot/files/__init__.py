"""
Reads files that people send: talks to a child process of ours, in which their parsers run with limits.

Images are parsed by Pillow and PDFs by pypdf. pypdf is chosen because it is Python alone: what a crafted PDF can do to
it is to take time and memory, and both are limited. PDFium reads some fonts better and is faster, but it is a large
C++ library, and limits do not hold back what has taken over a process.
"""
