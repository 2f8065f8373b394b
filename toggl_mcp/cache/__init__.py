"""Where collections are kept between questions."""
