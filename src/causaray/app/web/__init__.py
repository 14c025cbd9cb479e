"""`causaray serve`: edits over HTTP. One service with one worker and a bounded queue; API and page are doors to it."""
