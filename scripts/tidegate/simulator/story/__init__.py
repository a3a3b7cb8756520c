"""What happens after the comment: releases that go out, one that takes itself back, and Git saying what runs."""
