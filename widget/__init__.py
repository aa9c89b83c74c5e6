"""What residents see: the <madoguchi-chat> element, the demo page and the page that works without JavaScript."""
