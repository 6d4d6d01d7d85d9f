"""Identification: whose picture is this file, and was it made by a machine?"""
