"""`sinwon inspect`: what is in a file, whatever we speak it may be, without believing any of it and without asking anybody."""
