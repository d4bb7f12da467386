"""
Reads the files that people send. The parsers run in a child process of the bot, with limits.

Pillow parses images and pypdf parses PDFs. pypdf is pure Python: a crafted PDF can only make it take time and memory,
and both are limited. PDFium is faster and reads some fonts better, but it is a large C++ library, and limits do not
stop code that has taken over a process.
"""
