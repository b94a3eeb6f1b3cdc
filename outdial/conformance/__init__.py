"""Does a pact say what the vendor's own definition says?"""
